namespace Savevm.Linux.Descriptors;

/// <summary>What a descriptor or path is: the type bits of <c>st_mode</c>.</summary>
public enum FileKind
{
    /// <summary>A FIFO or an unnamed pipe.</summary>
    Pipe = 0x1000,

    /// <summary>A character device, such as a terminal.</summary>
    CharacterDevice = 0x2000,

    /// <summary>A folder.</summary>
    Directory = 0x4000,

    /// <summary>A block device.</summary>
    BlockDevice = 0x6000,

    /// <summary>An ordinary file.</summary>
    Regular = 0x8000,

    /// <summary>A symbolic link.</summary>
    SymbolicLink = 0xa000,

    /// <summary>A socket.</summary>
    Socket = 0xc000,

    /// <summary>Something without a type, such as an eventfd.</summary>
    Anonymous = 0,
}
