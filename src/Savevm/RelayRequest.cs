namespace Savevm;

/// <summary>What <c>savevm relay</c> was asked to do.</summary>
public sealed record RelayRequest
{
    /// <summary>Where the source migrates to.</summary>
    public required string ListenUri { get; init; }

    /// <summary>Where the destination waits.</summary>
    public required string ConnectUri { get; init; }

    /// <summary>The most memory for pages; null for the usual amount.</summary>
    public long? KeepBytes { get; init; }

    /// <summary>What passes per second at most; null for no limit.</summary>
    public long? BandwidthBytesPerSecond { get; init; }

    /// <summary>The file to record into, or null.</summary>
    public string? RecordPath { get; init; }

    /// <summary>How long to wait for the source, and for either side to come back; null for ever.</summary>
    public TimeSpan? Timeout { get; init; }
}
