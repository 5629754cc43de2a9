using System.Diagnostics;
using Savevm.Linux.Processes;
using Savevm.Qemu;

namespace Savevm.Captures;

/// <summary>
/// Watches the threads of a guest's processors before a background snapshot and during it. QEMU says how long the guest stood still at the instant,
/// but not how long its processors waited afterwards for pages that were not copied yet.
/// </summary>
internal sealed class VcpuWatch : IDisposable
{
    /// <summary>Shorter than this is no measure of what the guest did before.</summary>
    private static readonly TimeSpan LeastBefore = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan PausePerThread = TimeSpan.FromMilliseconds(0.25), LeastPause = TimeSpan.FromMilliseconds(1);

    private readonly ObservedThread[] threads;
    private readonly TimeSpan[] waiting;
    private readonly long begun = Stopwatch.GetTimestamp();
    private readonly TimeSpan ranAtStart;
    private readonly Thread sampler;
    private TimeSpan ranBefore, before, waited, longest;
    private long snapshot;
    private bool isTold;
    private volatile bool ends;

    private VcpuWatch(ObservedThread[] threads)
    {
        this.threads = threads;
        waiting = new TimeSpan[threads.Length];
        ranAtStart = RunTime();
        sampler = new Thread(Sample) { IsBackground = true, Name = "savevm vcpu watch" };
    }

    /// <summary>Begins to watch. Null where the threads cannot be seen: a QEMU in another pid namespace.</summary>
    public static VcpuWatch? Start(QemuFacts facts)
    {
        if (facts.Process is not { } process) return null;
        ObservedThread?[] threads = [.. facts.CpuThreads.Distinct().Select(thread => ObservedThread.Open(process.ProcessId, thread))];
        if (threads.Length > 0 && threads.All(thread => thread is not null)) return new VcpuWatch(threads!);
        foreach (var thread in threads) thread?.Dispose();
        return null;
    }

    /// <summary>The snapshot begins now; waits first until the guest has been watched long enough.</summary>
    public async Task BeginSnapshotAsync(CancellationToken cancellationToken)
    {
        var missing = LeastBefore - Stopwatch.GetElapsedTime(begun);
        if (missing > TimeSpan.Zero) await Task.Delay(missing, cancellationToken).ConfigureAwait(false);
        ranBefore = RunTime();
        snapshot = Stopwatch.GetTimestamp();
        before = Stopwatch.GetElapsedTime(begun, snapshot);
        sampler.Start();
    }

    /// <summary>The snapshot is complete. Null when it was never begun.</summary>
    public GuestSlowdown? End()
    {
        if (snapshot == 0) return null;
        var window = Stopwatch.GetElapsedTime(snapshot);
        var ran = RunTime() - ranBefore;
        ends = true;
        sampler.Join();
        return new GuestSlowdown
        {
            Window = window,
            RanBefore = Part(ranBefore - ranAtStart, before),
            RanMeanwhile = Part(ran, window),
            Waited = isTold ? Part(waited, window) : null,
            LongestWait = isTold ? longest : null,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ends = true;
        if (sampler.IsAlive) sampler.Join();
        foreach (var thread in threads) thread.Dispose();
    }

    private void Sample()
    {
        var pause = PausePerThread * threads.Length;
        if (pause < LeastPause) pause = LeastPause;
        isTold = threads.All(thread => thread.WaitsIn("handle_userfault"u8) is not null);
        for (var last = Stopwatch.GetTimestamp(); isTold && !ends;)
        {
            Thread.Sleep(pause);
            var now = Stopwatch.GetTimestamp();
            var step = Stopwatch.GetElapsedTime(last, now);
            last = now;
            for (var index = 0; index < threads.Length; index++)
            {
                if (threads[index].WaitsIn("handle_userfault"u8) != true)
                {
                    waiting[index] = TimeSpan.Zero;
                    continue;
                }
                waited += step;
                waiting[index] += step;
                if (waiting[index] > longest) longest = waiting[index];
            }
        }
    }

    private TimeSpan RunTime()
    {
        var all = TimeSpan.Zero;
        foreach (var thread in threads)
            if (thread.TryReadRunTime(out var ran)) all += ran;
        return all;
    }

    // The kernel's account of a thread that runs lags by a tick.
    private double Part(TimeSpan time, TimeSpan window) => Math.Clamp(time / (window * threads.Length), 0, 1);
}
