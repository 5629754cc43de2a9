using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Savevm.Linux.Files;

/// <summary>Which file a path names, and whose it is, by <c>statx(2)</c>, whose layout is the same everywhere.</summary>
/// <param name="Device">The number of the file system's device.</param>
/// <param name="Inode">The number of the file on it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="ModifiedNanoseconds">When it was last written, since 1970.</param>
/// <param name="UserId">Its owner.</param>
/// <param name="IsFolder">It is a folder, and no symbolic link to one unless links were followed.</param>
public readonly partial record struct FileIdentity(ulong Device, ulong Inode, ulong Bytes, long ModifiedNanoseconds, uint UserId, bool IsFolder)
{
    private const int CurrentDirectory = -100, NoFollow = 0x100, BasicStatistics = 0x7ff, StatxBytes = 256;
    private const int UserOffset = 20, ModeOffset = 28, InodeOffset = 32, SizeOffset = 40, ModifiedOffset = 112, DeviceOffset = 136;

    /// <summary>The effective user of this process.</summary>
    public static uint OwnUserId => EffectiveUser();

    /// <summary>Asks the kernel.</summary>
    /// <param name="path">The file.</param>
    /// <param name="followLink">Looks at what a symbolic link points to instead of at the link.</param>
    /// <exception cref="LinuxException">There is nothing, or it is not allowed to look.</exception>
    [SkipLocalsInit]
    public static unsafe FileIdentity Of(string path, bool followLink = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var answer = stackalloc byte[StatxBytes];
        if (Statx(CurrentDirectory, path, followLink ? 0 : NoFollow, BasicStatistics, answer) != 0) throw LinuxException.Last("statx", path);
        return new FileIdentity(
            ((ulong)*(uint*)(answer + DeviceOffset) << 32) | *(uint*)(answer + DeviceOffset + 4),
            *(ulong*)(answer + InodeOffset),
            *(ulong*)(answer + SizeOffset),
            (*(long*)(answer + ModifiedOffset) * 1_000_000_000) + *(uint*)(answer + ModifiedOffset + 8),
            *(uint*)(answer + UserOffset),
            (*(ushort*)(answer + ModeOffset) & 0xf000) == 0x4000);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* answer);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
