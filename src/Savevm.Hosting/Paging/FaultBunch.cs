using System.Diagnostics;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Hosting.Paging;

/// <summary>
/// Faults come in bunches, and to be woken takes longer than to serve one: after each a pager looks a while for the next before it goes to sleep, and meanwhile
/// it keeps the processor awake on which somebody waits.
/// </summary>
internal sealed class FaultBunch(FaultDescriptor faults, Func<PageFault, bool> answer) : IDisposable
{
    private static readonly long LookTicks = Stopwatch.Frequency * 30 / 1_000_000;

    private readonly AwakeProcessor awake = new();

    /// <summary>Serves faults until none has come for a while. False as soon as an answer was false.</summary>
    public bool Serve()
    {
        var isBunch = false;
        try
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
                if (!isBunch) awake.Begin();
                isBunch = true;
                last = Stopwatch.GetTimestamp();
            }
            return true;
        }
        finally
        {
            if (isBunch) awake.End();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => awake.Dispose();
}
