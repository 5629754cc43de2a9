using System.Diagnostics;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Hosting.Paging;

/// <summary>
/// Faults come in bunches, and to be woken takes longer than to serve one: after each a pager looks a while for the next before it goes to sleep.
/// </summary>
internal static class FaultBunch
{
    private static readonly long LookTicks = Stopwatch.Frequency * 30 / 1_000_000;

    /// <summary>Serves faults until none has come for a while. False as soon as an answer was false.</summary>
    public static bool Serve(FaultDescriptor faults, Func<PageFault, bool> answer)
    {
        for (var last = Stopwatch.GetTimestamp(); Stopwatch.GetTimestamp() - last < LookTicks;)
        {
            if (!faults.TryRead(out var fault))
            {
                // The one who was woken may need this processor.
                Thread.Yield();
                continue;
            }
            if (!answer(fault)) return false;
            last = Stopwatch.GetTimestamp();
        }
        return true;
    }
}
