using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Files;

namespace Savevm.Linux.Memory;

/// <summary>Files that lie in memory and have no path: <c>memfd_create</c>.</summary>
public static class MemoryFile
{
    /// <summary>Makes one of zeros. It is closed on exec; who shall share it is handed the descriptor.</summary>
    /// <param name="name">Shown in <c>/proc/PID/maps</c>; need not be unique.</param>
    /// <param name="length">Number of bytes.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static LinuxFile Create(string name, long length)
    {
        var number = MemoryCalls.MemoryFile(name, MemoryCalls.MemfdCloseOnExec);
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
