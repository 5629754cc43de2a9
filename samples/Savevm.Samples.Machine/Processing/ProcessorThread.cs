using System.Diagnostics;
using Savevm.Machine;

namespace Savevm.Samples.Machine.Processing;

/// <summary>
/// The thread that the processor runs on. When <see cref="Stop"/> returns, it executes nothing and writes nothing; that is what a
/// migration relies on when it sends the last pages.
/// </summary>
/// <param name="run">Executes for a few microseconds; false when the processor has halted.</param>
internal sealed class ProcessorThread(Func<bool> run) : IGuestThrottle, IDisposable
{
    // A shorter sleep is no sleep: the kernel wakes nobody sooner.
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(2);

    // A plain object, since threads wait for its conditions.
    private readonly object gate = new();
    private Thread? thread;
    private bool isWanted, isEnding;
    private bool isStanding = true;
    private volatile int percentTaken;

    public void Start()
    {
        lock (gate)
        {
            isWanted = true;
            if (thread is null)
            {
                thread = new Thread(Loop) { Name = "processor", IsBackground = true };
                thread.Start();
            }
            Monitor.PulseAll(gate);
        }
    }

    public void Stop()
    {
        lock (gate)
        {
            isWanted = false;
            Monitor.PulseAll(gate);
            while (!isStanding) Monitor.Wait(gate);
        }
    }

    public void Throttle(int percent) => percentTaken = percent;

    public void Dispose()
    {
        Stop();
        lock (gate)
        {
            isEnding = true;
            Monitor.PulseAll(gate);
        }
        thread?.Join();
    }

    private void Loop()
    {
        var owed = TimeSpan.Zero;
        while (AwaitTurn(ref owed))
        {
            var begun = Stopwatch.GetTimestamp();
            if (!run()) owed += ShortestSleep;
            var percent = percentTaken;
            if (percent > 0) owed += Stopwatch.GetElapsedTime(begun) * percent / (100 - percent);
        }
    }

    /// <summary>Waits until the processor may run; sleeps first what was taken from it. False: never again.</summary>
    private bool AwaitTurn(ref TimeSpan owed)
    {
        lock (gate)
        {
            if (owed >= ShortestSleep && isWanted)
            {
                Monitor.Wait(gate, owed);
                owed = TimeSpan.Zero;
            }
            while (!isWanted && !isEnding)
            {
                isStanding = true;
                Monitor.PulseAll(gate);
                Monitor.Wait(gate);
            }
            isStanding = isEnding;
            return !isEnding;
        }
    }
}
