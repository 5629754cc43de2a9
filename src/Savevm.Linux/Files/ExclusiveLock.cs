using System.Runtime.InteropServices;

namespace Savevm.Linux.Files;

/// <summary>The exclusive lock of an open file or directory (<c>flock</c>): it belongs to the open description and goes with it.</summary>
internal static class ExclusiveLock
{
    /// <summary>Takes the lock; false when another open description of the same file has it.</summary>
    internal static bool TryTake(SafeHandle handle, string name)
    {
        while (FileCalls.Lock(handle, FileCalls.LockExclusive | FileCalls.LockNonBlocking) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Errno.EAGAIN) return false;
            if (error != Errno.EINTR) throw new LinuxException(error, "flock", name);
        }
        return true;
    }
}
