namespace Savevm.Linux.Files;

/// <summary>What a directory entry is.</summary>
public enum FileKind
{
    /// <summary>A device, a FIFO, a socket.</summary>
    Other,

    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,
}
