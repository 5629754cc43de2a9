namespace Savevm;

/// <summary>How far an operation has come. Fields that are not known are null.</summary>
public sealed record ProgressUpdate
{
    /// <summary>The phase as <c>query-migrate</c> spells it: <c>setup</c>, <c>active</c>, <c>postcopy-active</c>, <c>completed</c> …</summary>
    public required string Phase { get; init; }

    /// <summary>Bytes done.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes in all; it grows while the guest writes.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Bytes per second over the last moments.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Bytes per second that the guest makes dirty.</summary>
    public long? DirtyBytesPerSecond { get; init; }

    /// <summary>An estimate of the time that is left.</summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>A plain sentence when the guest writes faster than the link carries, with both rates; null while it converges.</summary>
    public string? WillNotConverge { get; init; }
}
