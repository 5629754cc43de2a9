using System.Runtime.InteropServices;

namespace Savevm.Linux.Processes;

/// <summary>Memory of another process, read without stopping it.</summary>
public static unsafe class ProcessMemory
{
    // "Yama": where only ancestors may look into a process, it names who else may.
    private const int SetTracer = 0x59616d61;

    /// <summary>Reads all of a range. Allocates nothing.</summary>
    /// <param name="processId">The process; ours to trace.</param>
    /// <param name="address">The first byte there.</param>
    /// <param name="buffer">Where it goes.</param>
    /// <param name="length">Number of bytes.</param>
    /// <returns>0, or the error's number: ESRCH when the process is gone, EFAULT when some of it is not mapped, EPERM.</returns>
    public static int Read(int processId, nint address, nint buffer, nint length)
    {
        var local = stackalloc nint[2] { buffer, length };
        var remote = stackalloc nint[2] { address, length };
        while (length > 0)
        {
            (local[0], local[1], remote[0], remote[1]) = (buffer, length, address, length);
            var count = ProcessCalls.ReadMemory(processId, local, 1, remote, 1, 0);
            if (count < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == Errno.EINTR) continue;
                return error;
            }
            if (count == 0) return Errno.EFAULT;
            (address, buffer, length) = (address + count, buffer + count, length - count);
        }
        return 0;
    }

    /// <summary>Lets a process that we started look into this one, also where the system allows that to ancestors only.</summary>
    public static void AllowReader(int processId) => ProcessCalls.Control(SetTracer, processId, 0, 0, 0);
}
