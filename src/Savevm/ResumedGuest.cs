namespace Savevm;

/// <summary>One guest that a resume brought back, as it stands at the moment of the report.</summary>
public sealed record ResumedGuest
{
    /// <summary>0 for the first, counting up with <c>--clones</c>.</summary>
    public required int Index { get; init; }

    /// <summary>Its number among guests that are started together, from 1 on; null for one that is alone.</summary>
    public int? Number { get; init; }

    /// <summary>The name that its QEMU has; null where it has none or it is not known.</summary>
    public string? Name { get; init; }

    /// <summary>The process of its QEMU; null when somebody else started it and it is not known.</summary>
    public int? ProcessId { get; init; }

    /// <summary>How it was brought back; never auto.</summary>
    public required ResumeMode Mode { get; init; }

    /// <summary>Why this mode, in a sentence fragment; null where it was asked for.</summary>
    public string? ModeReason { get; init; }

    /// <summary>From the start of the operation to the moment when QEMU waited for the state: its own start, which nothing of ours can shorten.</summary>
    public TimeSpan StartToListening { get; init; }

    /// <summary>From the start of the operation to the moment when the guest ran (or, paused, could run).</summary>
    public required TimeSpan StartToRun { get; init; }

    /// <summary>Pages that travelled before the guest ran.</summary>
    public required long PagesBeforeRun { get; init; }

    /// <summary>The folder with its sockets and logs; null for a QEMU that the user started.</summary>
    public string? RunDirectory { get; init; }

    /// <summary>The paths of sockets and files of the recorded command line that were made fresh: old to new.</summary>
    public IReadOnlyDictionary<string, string> Sockets { get; init; } = new Dictionary<string, string>();

    /// <summary>The path of a QMP socket of the guest that is free for its user; null when there is none.</summary>
    public string? MonitorPath { get; init; }

    /// <summary>The run state as <c>query-status</c> spells it: <c>running</c>, <c>paused</c>.</summary>
    public required string State { get; init; }

    /// <summary>Page requests answered so far.</summary>
    public long PageRequests { get; init; }

    /// <summary>Bytes sent so far.</summary>
    public long BytesSent { get; init; }

    /// <summary>The guest needs nothing more from the snapshot's page server: all its RAM has arrived or is mapped.</summary>
    public bool Complete { get; init; }

    /// <summary>It was running already and waited for RAM: its page server had ended (<see cref="ResumeRequest.Recover"/>).</summary>
    public bool Recovered { get; init; }

    /// <summary>Pages that had not arrived when it was recovered.</summary>
    public long PagesMissing { get; init; }
}
