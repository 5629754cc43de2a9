using Savevm.Linux.Descriptors;
using Savevm.Linux.Processes;

namespace Savevm.Hosting.Paging;

/// <summary>
/// Keeps a processor awake that has nothing to do, for as long as somebody on it waits for a page: a processor that sleeps takes longer to wake than the page to
/// copy, most of all in a virtual machine. The thread is one that the kernel runs where nothing else wants to.
/// </summary>
internal sealed class AwakeProcessor : IDisposable
{
    private const int SpinsBetweenLooks = 50;

    private readonly Wakeup begun = new();
    private readonly bool isUseful = Environment.ProcessorCount > 1;
    private volatile bool wanted, ends;

    public AwakeProcessor()
    {
        if (isUseful) new Thread(Run) { IsBackground = true, Name = "awake" }.Start();
    }

    /// <summary>From now on.</summary>
    public void Begin()
    {
        if (!isUseful) return;
        wanted = true;
        begun.Signal();
    }

    /// <summary>Until now.</summary>
    public void End() => wanted = false;

    /// <inheritdoc/>
    public void Dispose()
    {
        wanted = false;
        ends = true;
        begun.Signal();
    }

    private void Run()
    {
        if (!IdleScheduling.TryEnter()) return;
        while (!ends)
        {
            Descriptor.Wait(begun.Handle, PollEvents.Readable, Timeout.InfiniteTimeSpan, PagerContract.Name);
            begun.Reset();
            while (wanted) Thread.SpinWait(SpinsBetweenLooks);
        }
    }
}
