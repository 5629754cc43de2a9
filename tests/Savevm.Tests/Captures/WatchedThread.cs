using System.Runtime.InteropServices;

namespace Savevm.Tests.Captures;

/// <summary>A thread of this process that is told what to do, as a guest's processor would do it, and that knows how long it has run.</summary>
internal sealed partial class WatchedThread : IDisposable
{
    private const int ThreadProcessorTime = 3;

    private readonly Thread thread;
    private readonly ManualResetEventSlim begun = new();
    private readonly SemaphoreSlim called = new(0);
    private long nanoseconds;
    private volatile Action? work;
    private volatile bool spins, isBusy, ends;

    internal WatchedThread()
    {
        thread = new Thread(Run) { IsBackground = true, Name = "watched" };
        thread.Start();
        begun.Wait();
    }

    /// <summary>Its id for the kernel.</summary>
    internal int Id { get; private set; }

    /// <summary>How long it has run on a processor.</summary>
    internal TimeSpan Ran => TimeSpan.FromMicroseconds(Volatile.Read(ref nanoseconds) / 1000.0);

    /// <summary>It is at what it was told to do.</summary>
    internal bool IsBusy => isBusy;

    /// <summary>Keeps a processor busy as long as this lasts.</summary>
    internal void Spin(TimeSpan time)
    {
        spins = true;
        Do(() =>
        {
            while (spins)
            {
                Thread.SpinWait(1000);
                Volatile.Write(ref nanoseconds, RanSoFar());
            }
        });
        Thread.Sleep(time);
        spins = false;
        SpinWait.SpinUntil(() => !isBusy);
    }

    /// <summary>Begins to do something; who calls may go on.</summary>
    internal void Do(Action action)
    {
        isBusy = true;
        work = action;
        called.Release();
    }

    public void Dispose()
    {
        ends = true;
        called.Release();
        thread.Join();
        called.Dispose();
        begun.Dispose();
    }

    private void Run()
    {
        Id = ThreadId();
        begun.Set();
        while (true)
        {
            called.Wait();
            if (ends) return;
            work!();
            Volatile.Write(ref nanoseconds, RanSoFar());
            isBusy = false;
        }
    }

    private static unsafe long RanSoFar()
    {
        var time = stackalloc long[2];
        return ReadClock(ThreadProcessorTime, time) == 0 ? (time[0] * 1_000_000_000) + time[1] : throw new InvalidOperationException("clock_gettime failed");
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static unsafe partial int ReadClock(int clock, long* time);
}
