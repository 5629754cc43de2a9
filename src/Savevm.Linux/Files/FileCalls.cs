using System.Runtime.InteropServices;

namespace Savevm.Linux.Files;

/// <summary>The C library's functions on files, as they are.</summary>
internal static unsafe partial class FileCalls
{
    internal const int CurrentDirectory = -100;
    internal const int RenameNoReplace = 1;
    internal const int RemoveDirectory = 0x200;
    internal const int EmptyPath = 0x1000;
    internal const int SymlinkNoFollow = 0x100;
    internal const int PunchHole = 2, KeepSize = 1;
    internal const int SeekData = 3, SeekHole = 4;
    internal const uint SyncRangeWrite = 2;
    internal const int LockExclusive = 2, LockNonBlocking = 4;

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenAt(int directory, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectoryAt(SafeHandle directory, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int UnlinkAt(SafeHandle directory, string name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RenameAt(SafeHandle fromDirectory, string from, SafeHandle toDirectory, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Status(SafeHandle directory, string name, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    internal static partial nint DirectoryEntries(SafeHandle directory, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    internal static partial nint WriteGather(SafeHandle file, FileSegment* segments, int count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint Write(SafeHandle file, byte* bytes, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint Read(SafeHandle file, byte* bytes, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(SafeHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int SetLength(SafeHandle file, long length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(SafeHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    internal static partial int SyncRange(SafeHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int SyncData(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(SafeHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    internal static partial int ChangeOwner(SafeHandle file, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fstatvfs", SetLastError = true)]
    internal static partial int FileSystemStatus(SafeHandle file, ulong* status);
}
