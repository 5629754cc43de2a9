using System.Runtime.InteropServices;

namespace Savevm.Linux.Files;

/// <summary>Whose a file is and who may use it.</summary>
public static unsafe partial class FileOwnership
{
    private const int CurrentDirectory = -100, ModeMask = 0x2, UserMask = 0x8, GroupMask = 0x10, StatxBytes = 256;
    private const int UserOffset = 20, GroupOffset = 24, ModeOffset = 28;

    /// <summary>Gives one file the permissions of another and, where this process may, its owner and group.</summary>
    /// <param name="from">The file to be like.</param>
    /// <param name="to">The file to change; ours.</param>
    /// <exception cref="LinuxException">One is not there, or the kernel refused.</exception>
    public static void Copy(string from, string to)
    {
        var answer = stackalloc byte[StatxBytes];
        if (Statx(CurrentDirectory, from, 0, ModeMask | UserMask | GroupMask, answer) != 0) throw LinuxException.Last("statx", from);
        // The owner first: giving a file away takes special permissions off it.
        if (FileIdentity.OwnUserId == 0 && ChangeOwner(to, *(uint*)(answer + UserOffset), *(uint*)(answer + GroupOffset)) != 0)
            throw LinuxException.Last("chown", to);
        if (ChangeMode(to, *(ushort*)(answer + ModeOffset) & 0x1b6u) != 0) throw LinuxException.Last("chmod", to);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* answer);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeMode(string path, uint mode);
}
