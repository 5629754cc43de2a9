using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Linux.Files;

/// <summary>Opening by openat, the flags of both processor families, and the status call.</summary>
internal static unsafe class FileOpening
{
    internal const int ReadOnly = 0, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NonBlocking = 0x800, CloseOnExec = 0x80000;

    private const uint BasicStatus = 0x7ff;
    private const int StatusBytes = 256;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    internal static int DirectoryFlag => IsArm ? 0x4000 : 0x10000;

    internal static int NoFollow => IsArm ? 0x8000 : 0x20000;

    internal static SafeFileHandle OpenAt(SafeHandle? directory, string name, int flags, uint mode, string display)
    {
        var held = false;
        try
        {
            directory?.DangerousAddRef(ref held);
            var at = directory is null ? FileCalls.CurrentDirectory : (int)directory.DangerousGetHandle();
            while (true)
            {
                var number = FileCalls.OpenAt(at, name, flags | CloseOnExec, mode);
                if (number >= 0) return new SafeFileHandle(number, true);
                if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last("openat", display);
            }
        }
        finally
        {
            if (held) directory!.DangerousRelease();
        }
    }

    /// <summary>The status of an entry, or of the descriptor itself when the name is empty.</summary>
    /// <returns>False when there is no such entry.</returns>
    internal static bool TryStatus(SafeHandle descriptor, string name, string display, out FileStatus status)
    {
        // struct statx: user at 20, group 24, mode 28, inode 32, size 40, 512-byte blocks 48, device 136 (major) and 140 (minor).
        var raw = stackalloc byte[StatusBytes];
        new Span<byte>(raw, StatusBytes).Clear();
        var flags = FileCalls.SymlinkNoFollow | (name.Length == 0 ? FileCalls.EmptyPath : 0);
        if (FileCalls.Status(descriptor, name, flags, BasicStatus, raw) != 0)
        {
            status = default;
            if (Marshal.GetLastPInvokeError() == Errno.ENOENT) return false;
            throw LinuxException.Last("statx", display);
        }
        var kind = (*(ushort*)(raw + 28) & 0xf000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.SymbolicLink,
            _ => FileKind.Other,
        };
        var device = (ulong)*(uint*)(raw + 136) << 32 | *(uint*)(raw + 140);
        status = new FileStatus(device, *(ulong*)(raw + 32), kind, *(long*)(raw + 40), *(long*)(raw + 48) * 512)
        {
            UserId = *(uint*)(raw + 20),
            GroupId = *(uint*)(raw + 24),
        };
        return true;
    }
}
