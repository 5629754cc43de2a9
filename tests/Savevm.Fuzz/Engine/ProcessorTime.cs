using System.Runtime.InteropServices;

namespace Savevm.Fuzz.Engine;

/// <summary>The kernel's clock of a thread: on a busy machine the clock on the wall says nothing about a reader.</summary>
internal static partial class ProcessorTime
{
    private const int ThreadClock = 3;

    /// <summary>Processor time that the calling thread has used.</summary>
    public static TimeSpan OfThisThread() =>
        clock_gettime(ThreadClock, out KernelTime time) == 0
            ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick))
            : throw new InvalidOperationException("the kernel has no clock for threads");

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out KernelTime time);

    [StructLayout(LayoutKind.Sequential)]
    private struct KernelTime
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
