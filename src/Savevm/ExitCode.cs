namespace Savevm;

/// <summary>How an operation ended, as scripts see it. The numbers are a promise: they never change.</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>Failed, for a reason that has no number of its own.</summary>
    Failed = 1,

    /// <summary>Wrong usage: an unknown option, a value that cannot be read.</summary>
    WrongUsage = 2,

    /// <summary>Not found: a snapshot, a device, a file.</summary>
    NotFound = 3,

    /// <summary>Damaged or hostile data.</summary>
    Damaged = 4,

    /// <summary>Incompatible: refused before anything was started.</summary>
    Incompatible = 5,

    /// <summary>There is no repository at the given place.</summary>
    RepositoryMissing = 10,

    /// <summary>Another process holds the repository.</summary>
    RepositoryLocked = 11,

    /// <summary>The key does not open the repository.</summary>
    WrongKey = 12,

    /// <summary>The peer (QEMU) refused, failed or vanished.</summary>
    PeerFailed = 20,

    /// <summary>The guest did not converge within the limit; the source still runs.</summary>
    DidNotConverge = 21,

    /// <summary>Postcopy was interrupted and can be recovered; the hint holds the command.</summary>
    Recoverable = 22,

    /// <summary>Cancelled by the user; the source was left running.</summary>
    Cancelled = 130,
}
