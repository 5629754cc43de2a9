namespace Savevm.Linux.Descriptors;

/// <summary>Flags of <c>open(2)</c> that have the same value on x86-64 and arm64.</summary>
[Flags]
public enum OpenOptions
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>O_CREAT: make the file when it is not there.</summary>
    Create = 0x40,

    /// <summary>O_EXCL: with <see cref="Create"/>, fail when it is there.</summary>
    Exclusive = 0x80,

    /// <summary>O_NOCTTY: a terminal that is opened does not become ours.</summary>
    NoControllingTerminal = 0x100,

    /// <summary>O_TRUNC: drop the content.</summary>
    Truncate = 0x200,

    /// <summary>O_APPEND: every write goes to the end.</summary>
    Append = 0x400,

    /// <summary>O_NONBLOCK: neither opening nor later calls block.</summary>
    NonBlocking = 0x800,
}
