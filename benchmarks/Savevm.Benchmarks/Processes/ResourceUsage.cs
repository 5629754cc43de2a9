using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Savevm.Benchmarks.Processes;

/// <summary>The kernel's struct rusage: what a process and the children it waited for have used.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceUsage
{
    private readonly long _userSeconds;
    private readonly long _userMicroseconds;
    private readonly long _systemSeconds;
    private readonly long _systemMicroseconds;
    private readonly Counters _counters;

    /// <summary>User and system time.</summary>
    public readonly double ProcessorMilliseconds =>
        ((_userSeconds + _systemSeconds) * 1000.0) + ((_userMicroseconds + _systemMicroseconds) / 1000.0);

    // Its first counter, the peak resident set, is not used: exec carries the peak of the process that spawned over into it.
    [InlineArray(14)]
    private struct Counters
    {
        private long _first;
    }
}
