namespace Savevm.Linux.Files;

/// <summary>The error numbers that code about files decides on; the same on x86-64 and arm64.</summary>
public static class FileErrno
{
    /// <summary>The file system has no such operation.</summary>
    public const int EOPNOTSUPP = 95;

    /// <summary>A part of the path is not a directory.</summary>
    public const int ENOTDIR = 20;

    /// <summary>It is a directory.</summary>
    public const int EISDIR = 21;

    /// <summary>The directory has entries.</summary>
    public const int ENOTEMPTY = 39;

    /// <summary>A symbolic link stands where none is followed.</summary>
    public const int ELOOP = 40;

    /// <summary>No space left on the device.</summary>
    public const int ENOSPC = 28;

    /// <summary>The user's quota is used up.</summary>
    public const int EDQUOT = 122;

    /// <summary>The device failed.</summary>
    public const int EIO = 5;
}
