namespace Savevm.Migration;

/// <summary>Where a migration stands. The names are those of QEMU's <c>query-migrate</c>; see <see cref="MigrationStateTable"/>.</summary>
public enum MigrationState
{
    /// <summary>Nothing has begun.</summary>
    None,

    /// <summary>The connection exists; header, configuration and the block list travel.</summary>
    Setup,

    /// <summary>The machine runs; devices that may not travel are asked to leave.</summary>
    WaitUnplug,

    /// <summary>RAM travels (precopy).</summary>
    Active,

    /// <summary>The machine stands still, and its owner is asked to release what it holds before the rest travels.</summary>
    PreSwitchover,

    /// <summary>The machine stands still and device state travels.</summary>
    Device,

    /// <summary>The destination runs, or is about to; pages follow on demand.</summary>
    PostcopyActive,

    /// <summary>The connection broke in postcopy: the destination keeps what it has and waits.</summary>
    PostcopyPaused,

    /// <summary>A new connection is there, and both sides agree on what is missing.</summary>
    PostcopyRecover,

    /// <summary>Done: the destination has everything.</summary>
    Completed,

    /// <summary>Failed; what that means for the guest is told by the state it failed in.</summary>
    Failed,

    /// <summary>Ended on request while the source still had authority.</summary>
    Cancelled,
}
