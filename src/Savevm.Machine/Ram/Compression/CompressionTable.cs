using Savevm.Wire.Multifd;

namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// The compressions of multifd payloads and who packs and unpacks them. Those of accelerator cards are named, so that a refusal can
/// name them; what they write needs their libraries.
/// </summary>
public static class CompressionTable
{
    private const int DefaultLevel = 1;

    private static readonly CompressionRow[] All =
    [
        new(MultifdCompression.None, "none", () => new CopyPayloadCodec(), () => new CopyPayloadCodec()),
        new(MultifdCompression.Zlib, "zlib", () => new ZlibPayloadDecoder(), () => new ZlibPayloadEncoder(DefaultLevel)),
        new(MultifdCompression.Zstd, "zstd", () => new ZstdPayloadDecoder(), () => new ZstdPayloadEncoder(DefaultLevel)),
        new(MultifdCompression.Qpl, "qpl", null, null),
        new(MultifdCompression.Uadk, "uadk", null, null),
        new(MultifdCompression.Qatzip, "qatzip", null, null),
    ];

    /// <summary>All compressions.</summary>
    public static IReadOnlyList<CompressionRow> Rows => All;

    /// <summary>The row of a compression.</summary>
    public static CompressionRow Find(MultifdCompression compression) => Array.Find(All, row => row.Compression == compression)
        ?? throw new ArgumentOutOfRangeException(nameof(compression), compression, "No such compression.");

    /// <summary>The row of a value of <c>multifd-compression</c>; null when there is no such value.</summary>
    public static CompressionRow? Find(string name) => Array.Find(All, row => row.Name == name);
}
