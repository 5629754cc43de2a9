using Savevm.Machine.Ram;

namespace Savevm.Migration.Pages;

/// <summary>The pages of a running machine that have yet to be sent: all at first, later those that it wrote to. One thread.</summary>
internal sealed class PendingPages
{
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly PageBitmap[] bitmaps;

    /// <summary>Nothing pending yet.</summary>
    public PendingPages(IReadOnlyList<RamBlock> blocks)
    {
        this.blocks = blocks;
        bitmaps = [.. blocks.Select(block => new PageBitmap(block.PageCount))];
    }

    /// <summary>Number of pending pages.</summary>
    public long Count { get; private set; }

    /// <summary>Pending pages in bytes.</summary>
    public long Bytes => Count * RamBlock.PageSize;

    /// <summary>The pages of a block.</summary>
    public PageBitmap this[int blockIndex] => bitmaps[blockIndex];

    /// <summary>All pages are to be sent.</summary>
    public void AddAll()
    {
        foreach (var block in blocks) Count += bitmaps[block.Index].SetRange(0, block.PageCount);
    }

    /// <summary>Adds what the machine wrote to since the last time; returns how many pages that were not pending.</summary>
    public long Collect(IDirtyTracker tracker)
    {
        long added = 0;
        foreach (var block in blocks) added += tracker.Collect(block.Index, 0, block.PageCount, bitmaps[block.Index]);
        Count += added;
        return added;
    }

    /// <summary>A page is to be sent that was not.</summary>
    public void Add(int blockIndex, long page)
    {
        if (bitmaps[blockIndex].Set(page)) Count++;
    }

    /// <summary>Pages of a run are on their way.</summary>
    public void Take(int blockIndex, long first, int count)
    {
        bitmaps[blockIndex].ClearRange(first, count);
        Count -= count;
    }
}
