namespace Savevm.Wire.Containers;

/// <summary>The kinds of files that hold saved machines, and how they begin. No beginning is that of another.</summary>
public static class ContainerTable
{
    private static readonly ContainerRow[] All =
    [
        new(ContainerKind.Stream, "QEVM stream", "5145564d", IsCompression: false),
        new(ContainerKind.Libvirt, "libvirt save image", "4c69627669727451656d756453617665", IsCompression: false),
        new(ContainerKind.LibvirtPartial, "unfinished libvirt save image", "4c69627669727451656d756450617274", IsCompression: false),
        new(ContainerKind.Qcow2, "qcow2", "514649fb", IsCompression: false),
        new(ContainerKind.Recording, "migration recording", "53564d52454c4159", IsCompression: false),
        new(ContainerKind.Gzip, "gzip", "1f8b08", IsCompression: true),
        new(ContainerKind.Zstd, "zstd", "28b52ffd", IsCompression: true),
        new(ContainerKind.Xz, "xz", "fd377a585a00", IsCompression: true),
        new(ContainerKind.Bzip2, "bzip2", "425a68", IsCompression: true),
        new(ContainerKind.Lzop, "lzop", "894c5a4f000d0a1a0a", IsCompression: true),
    ];

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<ContainerRow> Rows => All;

    /// <summary>Bytes that suffice to tell every kind.</summary>
    public static int MaxMagicBytes { get; } = All.Max(row => row.MagicBytes.Length);

    /// <summary>The row of a kind.</summary>
    public static ContainerRow? Find(ContainerKind kind) => Array.Find(All, row => row.Kind == kind);

    /// <summary>Tells what a file is.</summary>
    /// <param name="window">Its first bytes.</param>
    /// <param name="endOfInput">The file has no more than these.</param>
    /// <param name="kind">What it is; <see cref="ContainerKind.Unknown"/> when it begins like none.</param>
    /// <returns>False when the window is too short.</returns>
    public static bool TryRecognise(ReadOnlySpan<byte> window, bool endOfInput, out ContainerKind kind)
    {
        kind = ContainerKind.Unknown;
        bool mayBecomeOne = false;
        foreach (ContainerRow row in All)
        {
            if (window.StartsWith(row.MagicBytes))
            {
                kind = row.Kind;
                return true;
            }
            mayBecomeOne |= row.MagicBytes.AsSpan().StartsWith(window);
        }
        return endOfInput || !mayBecomeOne;
    }
}
