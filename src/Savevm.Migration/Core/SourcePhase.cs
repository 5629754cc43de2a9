namespace Savevm.Migration.Core;

/// <summary>Where the source of a migration stands. Each phase has one thing to do: <see cref="SourcePhaseTable.Phases"/>.</summary>
public enum SourcePhase
{
    /// <summary>Nothing was done yet.</summary>
    Idle,

    /// <summary>The beginning of the stream is written.</summary>
    Opening,

    /// <summary>Devices that may not travel are asked to leave.</summary>
    Unplugging,

    /// <summary>A round of live state is sent while the machine runs.</summary>
    Sending,

    /// <summary>A round ended: what the machine wrote meanwhile is counted.</summary>
    Judging,

    /// <summary>All that is left is little enough, and the destination has yet to agree.</summary>
    Acknowledging,

    /// <summary>The machine is stopped.</summary>
    Stopping,

    /// <summary>The machine stands still, and its owner releases what it holds.</summary>
    Releasing,

    /// <summary>What is left of the live state is sent.</summary>
    Draining,

    /// <summary>The devices are sent.</summary>
    Handing,

    /// <summary>The mark is written that lets the destination begin.</summary>
    Committing,

    /// <summary>The destination is to say that it has everything.</summary>
    Confirming,

    /// <summary>Postcopy: the machine is stopped.</summary>
    PostcopyStopping,

    /// <summary>Postcopy: the machine stands still, and its owner releases what it holds.</summary>
    PostcopyReleasing,

    /// <summary>Postcopy: discards and the package of devices are written.</summary>
    Packaging,

    /// <summary>Postcopy: pages are sent on request, and the others between them.</summary>
    Serving,

    /// <summary>Postcopy: the end of the stream is written.</summary>
    Ending,

    /// <summary>Postcopy: the destination is to say that it has everything.</summary>
    PostcopyConfirming,

    /// <summary>The machine is given back to the side that it came from.</summary>
    HandingBack,

    /// <summary>The machine is the destination's, and all of it is there.</summary>
    Completed,

    /// <summary>The connection broke while the machine, which is the destination's, still needs pages: a new one is awaited.</summary>
    Paused,

    /// <summary>A new connection is there: the destination says which pages it has.</summary>
    Recovering,

    /// <summary>It failed, and the machine goes on here.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}
