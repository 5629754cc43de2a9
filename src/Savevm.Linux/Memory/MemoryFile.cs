using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Files;

namespace Savevm.Linux.Memory;

/// <summary>Files that lie in memory and have no path: <c>memfd_create</c>.</summary>
public static class MemoryFile
{
    /// <summary>Bytes of a huge page.</summary>
    public const int HugePageBytes = 2 << 20;

    /// <summary>Makes one of zeros. It is closed on exec; who shall share it is handed the descriptor.</summary>
    /// <param name="name">Shown in <c>/proc/PID/maps</c>; need not be unique.</param>
    /// <param name="length">Number of bytes; with huge pages a multiple of <see cref="HugePageBytes"/>.</param>
    /// <param name="hugePages">Of the pages that are set aside for this (hugetlb). Who maps it reserves as many as it needs, or is refused.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static LinuxFile Create(string name, long length, bool hugePages = false)
    {
        var kind = hugePages ? MemoryCalls.MemfdHugePages | MemoryCalls.MemfdTwoMebibytes : 0;
        var number = MemoryCalls.MemoryFile(name, MemoryCalls.MemfdCloseOnExec | kind);
        if (number < 0) throw LinuxException.Last("memfd_create", name);
        var file = new LinuxFile(new SafeFileHandle(number, true), name);
        try
        {
            file.SetLength(length);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
