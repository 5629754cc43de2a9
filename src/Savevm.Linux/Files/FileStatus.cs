namespace Savevm.Linux.Files;

/// <summary>What the file system knows about a file.</summary>
/// <param name="Device">Number of the file system.</param>
/// <param name="Inode">Number of the file within it.</param>
/// <param name="Kind">Regular file, directory, symbolic link or something else.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="AllocatedBytes">Bytes that the file occupies; less than its length when it has holes.</param>
public readonly record struct FileStatus(ulong Device, ulong Inode, FileKind Kind, long Length, long AllocatedBytes)
{
    /// <summary>The user that it belongs to.</summary>
    public uint UserId { get; init; }

    /// <summary>The group that it belongs to.</summary>
    public uint GroupId { get; init; }

    /// <summary>Both are the same file.</summary>
    public bool IsSameFile(FileStatus other) => Device == other.Device && Inode == other.Inode;
}
