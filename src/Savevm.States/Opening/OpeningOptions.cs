namespace Savevm.States.Opening;

/// <summary>How a file is opened.</summary>
public sealed record OpeningOptions
{
    /// <summary>Nothing special.</summary>
    public static OpeningOptions Default { get; } = new();

    /// <summary>Name or id of the internal snapshot of a qcow2 image; null for the only one.</summary>
    public string? Snapshot { get; init; }

    /// <summary>
    /// The folder for unpacked copies of what has to be read at any place and cannot be, such as a compressed qcow2 image. A copy has no name
    /// and is gone when it is closed. Null for <c>TMPDIR</c>, else <c>/var/tmp</c>.
    /// </summary>
    public string? SpoolFolder { get; init; }

    /// <summary>
    /// Only a regular file whose first byte is that of the stream is opened; what would have to be unpacked, copied or waited for is refused at once. For who
    /// wants no other form, and will not pay for one.
    /// </summary>
    public bool IsBare { get; init; }

    /// <summary>Told the bytes of the file that were read so far, now and then, by whichever thread reads.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <summary>Ends the making of an unpacked copy.</summary>
    public CancellationToken CancellationToken { get; init; }
}
