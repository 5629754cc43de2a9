using System.Runtime.InteropServices;

namespace Savevm.Benchmarks.Processes;

/// <summary>The system calls that .NET has no words for. Results below zero are failures; the caller throws.</summary>
internal static unsafe partial class Libc
{
    public const int SignalInterrupt = 2;
    public const int SignalKill = 9;
    public const int WaitNoHang = 1;
    public const int WaitExited = 4;
    public const int WaitNoWait = 0x01000000;
    public const int CloseOnExec = 0x80000;
    public const int SetSubreaper = 36;

    /// <summary>Bytes enough for posix_spawn_file_actions_t and for posix_spawnattr_t.</summary>
    public const int SpawnObjectBytes = 512;

    public const short SpawnSetSignalDefaults = 4;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawnp(
        out int process, string path, byte* actions, byte* attributes, string?[] arguments, string?[] environment);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addopen(byte* actions, int to, string path, int flags, int mode);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int kind, int id, byte* information, int options);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int wait4(int process, out int status, int options, out ResourceUsage usage);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int prctl(int option, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int syncfs(int file);

    [LibraryImport("libc")]
    public static partial uint geteuid();
}
