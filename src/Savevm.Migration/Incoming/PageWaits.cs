using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;

namespace Savevm.Migration.Incoming;

/// <summary>
/// Measures how long pages are waited for: from the fault until the page is there. Only pages that somebody waits for cost more than a look at a bit.
/// Any thread may call.
/// </summary>
/// <param name="blocks">The blocks.</param>
/// <param name="receivedOf">The pages of a block that are here.</param>
/// <param name="time">The clock.</param>
/// <param name="statistics">Counted in.</param>
internal sealed class PageWaits(IReadOnlyList<RamBlock> blocks, Func<int, AtomicPageBitmap> receivedOf, TimeProvider time, MigrationStatistics statistics)
{
    private readonly AtomicPageBitmap[] asked = [.. blocks.Select(block => new AtomicPageBitmap(block.PageCount))];
    private readonly Dictionary<PageAddress, long> begun = [];
    // Not the lock under which requests are written: who places pages must never wait for a source that waits for him.
    private readonly Lock gate = new();

    /// <summary>The pages of a block that were asked for, whether they came or not.</summary>
    public AtomicPageBitmap AskedOf(int blockIndex) => asked[blockIndex];

    /// <summary>Somebody begins to wait.</summary>
    public void Begin(PageAddress page)
    {
        lock (gate) begun[page] = time.GetTimestamp();
        asked[page.BlockIndex].TrySet(page.PageIndex);
        // It may have come just before: either this look sees it, or who brought it has seen that it was asked for.
        if (receivedOf(page.BlockIndex).IsSet(page.PageIndex)) End(page);
    }

    /// <summary>A page is there, and noted as received.</summary>
    public void Arrived(int blockIndex, long page)
    {
        if (asked[blockIndex].IsSet(page)) End(new PageAddress(blockIndex, page));
    }

    private void End(PageAddress page)
    {
        lock (gate)
        {
            if (begun.Remove(page, out var since)) statistics.AddPageWait(time.GetElapsedTime(since));
        }
    }
}
