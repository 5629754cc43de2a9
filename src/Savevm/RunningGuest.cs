namespace Savevm;

/// <summary>A guest of this user that was started from a snapshot and runs.</summary>
public sealed record RunningGuest
{
    /// <summary>The name that its QEMU has; null where it has none.</summary>
    public string? Name { get; init; }

    /// <summary>Its number among those that were started together; null for one that is alone.</summary>
    public int? Number { get; init; }

    /// <summary>Its QEMU.</summary>
    public required int ProcessId { get; init; }

    /// <summary>How it was brought back: <c>lazy</c>, <c>clone</c>, <c>full</c>; null when it is not known.</summary>
    public string? Mode { get; init; }

    /// <summary>When its QEMU was started; null when it is not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>A QMP socket that is free for its user; null when there is none.</summary>
    public string? MonitorPath { get; init; }

    /// <summary>The folder with its sockets and logs.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>It runs, or waits, without all its RAM.</summary>
    public bool WaitsForRam { get; init; }

    /// <summary>It waits for RAM and nobody serves it: <c>savevm resume NAME --recover</c> goes on.</summary>
    public bool IsInterrupted { get; init; }
}
