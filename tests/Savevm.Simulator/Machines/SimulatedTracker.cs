using Savevm.Machine.Ram;
using Savevm.Simulator.Scheduling;

namespace Savevm.Simulator.Machines;

/// <summary>Which pages were written to, told by the writer after each write.</summary>
internal sealed class SimulatedTracker(Scheduler scheduler, IReadOnlyList<RamBlock> blocks) : IDirtyTracker
{
    private readonly bool[][] dirty = [.. blocks.Select(block => new bool[block.PageCount])];

    public string Name => "simulated";

    public bool IsTracking { get; private set; }

    /// <summary>Forgets one write in twenty: for the test that the simulator finds such a fault.</summary>
    public bool Loses { get; init; }

    public void Note(PageAddress page)
    {
        if (IsTracking && !(Loses && scheduler.Random.Next(20) == 0)) dirty[page.BlockIndex][page.PageIndex] = true;
    }

    public void Start()
    {
        if (IsTracking) throw new InvalidOperationException("It tracks already.");
        IsTracking = true;
    }

    public long Collect(int blockIndex, long firstPage, long pageCount, PageBitmap into)
    {
        if (!IsTracking) throw new InvalidOperationException("It does not track.");
        long added = 0;
        for (var page = firstPage; page < firstPage + pageCount; page++)
        {
            if (page % 8 == 0) scheduler.Yield();
            if (!dirty[blockIndex][page]) continue;
            dirty[blockIndex][page] = false;
            if (into.Set(page)) added++;
        }
        return added;
    }

    public void Stop()
    {
        IsTracking = false;
        foreach (var block in dirty) Array.Clear(block);
    }

    public void Dispose() => Stop();
}
