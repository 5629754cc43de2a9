namespace Savevm.Migration.Core;

/// <summary>Where an incoming stream stands, beside the migration's public state.</summary>
public enum IncomingPhase
{
    /// <summary>Nothing read yet.</summary>
    Start,

    /// <summary>The header was read; configuration, set-up commands and early devices may come.</summary>
    Setup,

    /// <summary>The RAM section began; pages come.</summary>
    Iterating,

    /// <summary>A live section ended; the devices follow.</summary>
    Completing,

    /// <summary>Postcopy: the destination was told of it.</summary>
    Advised,

    /// <summary>Postcopy: pages were discarded.</summary>
    Discarded,

    /// <summary>Postcopy: the package told the destination to listen; its devices follow.</summary>
    Listening,

    /// <summary>Postcopy: the machine runs, pages follow.</summary>
    Running,

    /// <summary>The end mark was read.</summary>
    Ended,
}
