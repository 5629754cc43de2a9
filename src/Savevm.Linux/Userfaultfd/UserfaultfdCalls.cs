using System.Runtime.InteropServices;

namespace Savevm.Linux.Userfaultfd;

internal static unsafe partial class UserfaultfdCalls
{
    internal static readonly nint SystemCallNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 323,
        _ => 282, // the generic table, which arm64 uses
    };

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, nint flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle descriptor, nuint request, nint argument);
}
