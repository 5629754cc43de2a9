using System.Runtime.InteropServices;

namespace Savevm.Linux.Processes;

/// <summary>Threads that run only where a processor has nothing else to do.</summary>
public static unsafe partial class IdleScheduling
{
    private const int SchedIdle = 5;

    /// <summary>Makes the calling thread one. False when the kernel refuses.</summary>
    public static bool TryEnter()
    {
        var priority = 0;
        return SetScheduler(0, SchedIdle, &priority) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int threadId, int policy, int* parameters);
}
