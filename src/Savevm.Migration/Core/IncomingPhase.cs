namespace Savevm.Migration.Core;

/// <summary>Where the destination of a migration stands. Each phase has one thing to do: <see cref="IncomingPhaseTable.Phases"/>.</summary>
public enum IncomingPhase
{
    /// <summary>No connection yet.</summary>
    Idle,

    /// <summary>Nothing read yet.</summary>
    Start,

    /// <summary>The header was read; configuration, set-up commands and early devices may come.</summary>
    Setup,

    /// <summary>The first live section began; pages come.</summary>
    Iterating,

    /// <summary>A live section ended; the devices follow.</summary>
    Completing,

    /// <summary>Postcopy: the destination was told of it.</summary>
    Advised,

    /// <summary>Postcopy: pages were discarded.</summary>
    Discarded,

    /// <summary>Postcopy: the package told the destination to listen; its devices follow.</summary>
    Listening,

    /// <summary>Postcopy: the package told the machine to run; it takes its devices first.</summary>
    Taking,

    /// <summary>Postcopy: the machine is started.</summary>
    Beginning,

    /// <summary>Postcopy: the machine runs, pages follow.</summary>
    Running,

    /// <summary>Postcopy: the end mark was read, and the source is told so.</summary>
    PostcopyConfirming,

    /// <summary>The end mark was read; a description may follow.</summary>
    Describing,

    /// <summary>The machine takes its devices.</summary>
    Loading,

    /// <summary>The source is told that everything is here.</summary>
    Confirming,

    /// <summary>The source is to end the stream: then it has heard that.</summary>
    Hearing,

    /// <summary>The machine is started.</summary>
    Starting,

    /// <summary>The machine is ours, and all of it is here.</summary>
    Ended,

    /// <summary>The connection broke while the machine, which is ours, still needs pages: a new one is awaited.</summary>
    Paused,

    /// <summary>A new connection is there: the source asks which pages are here.</summary>
    Recovering,

    /// <summary>It failed. The machine is, if anywhere, where it came from.</summary>
    Failed,

    /// <summary>It was cancelled. The machine is where it came from.</summary>
    Cancelled,
}
