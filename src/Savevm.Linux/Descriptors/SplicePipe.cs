using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Linux.Descriptors;

/// <summary>
/// Moves bytes from one socket to another through a pipe, by <c>splice(2)</c>: the kernel hands its pages on, and they never come into this process.
/// One thread.
/// </summary>
public sealed unsafe class SplicePipe : IDisposable
{
    private const uint Move = 1;
    private const int LeastOfBulk = 16 << 10, Piecemeal = 128 << 10;
    private const long NapNanoseconds = 100_000;

    private readonly SafeFileHandle read, write;
    private int last;

    /// <summary>Makes the pipe, as large as an ordinary user may have it.</summary>
    /// <exception cref="LinuxException">There are no descriptors left.</exception>
    public SplicePipe()
    {
        (read, write) = Descriptor.Pipe();
        Capacity = Descriptor.EnlargePipe(write);
    }

    /// <summary>The most bytes that one call of <see cref="Carry"/> moves.</summary>
    public int Capacity { get; }

    /// <summary>Waits for bytes at <paramref name="from"/> and moves what is there. Returns their number; 0 at the end of the stream.</summary>
    /// <exception cref="LinuxException">One of the connections broke; the name in it tells which.</exception>
    public int Carry(SafeHandle from, string fromName, SafeHandle to, string toName)
    {
        // Much is coming, in small pieces: three processes that wake each other for every piece get little else done.
        if (last is > LeastOfBulk and < Piecemeal) Nap();
        var count = last = Splice(from, write, Capacity, fromName);
        for (var left = count; left > 0;) left -= Splice(read, to, left, toName);
        return count;
    }

    /// <summary>Closes the pipe.</summary>
    public void Dispose()
    {
        read.Dispose();
        write.Dispose();
    }

    private static void Nap()
    {
        var time = stackalloc long[2] { 0, NapNanoseconds };
        _ = DescriptorCalls.Sleep(time, null);
    }

    private static int Splice(SafeHandle from, SafeHandle to, int length, string name)
    {
        while (true)
        {
            var count = DescriptorCalls.Splice(from, null, to, null, (nuint)length, Move);
            if (count >= 0) return (int)count;
            var error = Marshal.GetLastPInvokeError();
            if (error != Errno.EINTR) throw new LinuxException(error, "splice", name);
        }
    }
}
