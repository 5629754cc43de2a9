namespace Savevm.Qemu.Qmp;

/// <summary>Why a monitor cannot be used (any more).</summary>
public enum QmpFailure
{
    /// <summary>There is no socket, or nobody listens on it.</summary>
    Unreachable,

    /// <summary>The monitor greets nobody: it serves another client.</summary>
    Busy,

    /// <summary>The monitor closed the connection.</summary>
    Closed,

    /// <summary>An answer did not come in time.</summary>
    Unanswered,

    /// <summary>What came is not QMP.</summary>
    Garbage,

    /// <summary>We closed the connection ourselves.</summary>
    Disposed,
}
