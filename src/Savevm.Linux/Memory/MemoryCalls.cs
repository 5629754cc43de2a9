using System.Runtime.InteropServices;

namespace Savevm.Linux.Memory;

// None of these suppresses the runtime's transition: each may sleep in a page fault, and the garbage collector must not wait for it.
internal static unsafe partial class MemoryCalls
{
    internal const int ProtectRead = 1, ProtectWrite = 2;
    internal const int MapShared = 1, MapPrivate = 2, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    // The size of huge pages is its logarithm in the upper bits: 2 MiB.
    internal const uint MemfdCloseOnExec = 1, MemfdHugePages = 4, MemfdTwoMebibytes = 21u << 26;

    [LibraryImport("libc", EntryPoint = "memcpy")]
    internal static partial nint Copy(nint destination, nint source, nuint length);

    [LibraryImport("libc", EntryPoint = "memset")]
    internal static partial nint Fill(nint destination, int value, nuint length);

    [LibraryImport("libc", EntryPoint = "memcmp")]
    internal static partial int Compare(nint first, nint second, nuint length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemoryFile(string name, uint flags);
}
