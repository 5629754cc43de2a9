using System.Runtime.InteropServices;

namespace Savevm.Linux.Pagemap;

internal static partial class PagemapCalls
{
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle descriptor, nuint request, nint argument);
}
