using System.Runtime.ExceptionServices;

namespace Savevm.Migration.Pages.Multifd;

/// <summary>
/// Batches on their way from the one thread that finds pages to the threads that send them. Whoever is idle takes the next. One lock for each
/// batch, none for a page; a fixed number of batches goes round.
/// </summary>
internal sealed class BatchQueue
{
    private readonly object gate = new();
    private readonly Stack<PageBatch> free;
    private readonly Queue<PageBatch> filled;
    private readonly int total;
    private ExceptionDispatchInfo? failure;
    private bool isClosed;

    /// <summary>A queue for so many channels.</summary>
    public BatchQueue(int channels)
    {
        // Each channel has one in hand and finds another when it comes back; one is being filled.
        total = (2 * channels) + 1;
        free = new Stack<PageBatch>(total);
        filled = new Queue<PageBatch>(total);
        for (var index = 0; index < total; index++) free.Push(new PageBatch());
    }

    /// <summary>An empty batch, as soon as there is one.</summary>
    public PageBatch Rent()
    {
        lock (gate)
        {
            while (free.Count == 0 && failure is null) Monitor.Wait(gate);
            failure?.Throw();
            return free.Pop();
        }
    }

    /// <summary>Hands a batch to whoever is idle.</summary>
    public void Post(PageBatch batch)
    {
        lock (gate)
        {
            filled.Enqueue(batch);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits until all batches came back: no thread has anything to write.</summary>
    public void Drain()
    {
        lock (gate)
        {
            while (free.Count < total && failure is null) Monitor.Wait(gate);
            failure?.Throw();
        }
    }

    /// <summary>Waits for the next batch. False when there will be none: the thread is to end.</summary>
    public bool Take([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PageBatch? batch)
    {
        lock (gate)
        {
            while (filled.Count == 0 && failure is null && !isClosed) Monitor.Wait(gate);
            batch = failure is null && !isClosed ? filled.Dequeue() : null;
            return batch is not null;
        }
    }

    /// <summary>The pages of a batch were written.</summary>
    public void Return(PageBatch batch)
    {
        lock (gate)
        {
            free.Push(batch);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>A thread failed: all end, and whoever hands out batches is told why. The first failure counts.</summary>
    public void Fail(Exception reason)
    {
        lock (gate)
        {
            failure ??= ExceptionDispatchInfo.Capture(reason);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>No batch will come any more.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            Monitor.PulseAll(gate);
        }
    }
}
