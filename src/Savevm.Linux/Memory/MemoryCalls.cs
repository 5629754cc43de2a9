using System.Runtime.InteropServices;

namespace Savevm.Linux.Memory;

internal static partial class MemoryCalls
{
    [LibraryImport("libc", EntryPoint = "memcpy")]
    internal static partial nint Copy(nint destination, nint source, nuint length);
}
