using Savevm.Machine.Ram;

namespace Savevm.Migration.Pages;

/// <summary>Which pages were sent. In postcopy a page travels once, on one channel: whoever claims it sends it.</summary>
internal sealed class SentPages
{
    private readonly AtomicPageBitmap[] bitmaps;
    private long remaining;

    /// <summary>Nothing sent yet, of all pages of the blocks.</summary>
    public SentPages(IReadOnlyList<RamBlock> blocks)
    {
        bitmaps = [.. blocks.Select(block => new AtomicPageBitmap(block.PageCount))];
        remaining = blocks.Sum(block => block.PageCount);
    }

    /// <summary>Everything was sent but what is pending.</summary>
    public SentPages(IReadOnlyList<RamBlock> blocks, PendingPages pending)
    {
        bitmaps = [.. blocks.Select(block => AtomicPageBitmap.AllBut(pending[block.Index]))];
        remaining = pending.Count;
    }

    /// <summary>Number of pages that nobody claimed yet.</summary>
    public long Remaining => Volatile.Read(ref remaining);

    /// <summary>True for the one caller who is to send the page.</summary>
    public bool Claim(int blockIndex, long page)
    {
        if (!bitmaps[blockIndex].TrySet(page)) return false;
        Interlocked.Decrement(ref remaining);
        return true;
    }

    /// <summary>Whether somebody claimed the page.</summary>
    public bool IsClaimed(int blockIndex, long page) => bitmaps[blockIndex].IsSet(page);

    /// <summary>The first page of the block from <paramref name="from"/> on that nobody claimed; the page count when there is none.</summary>
    public long NextUnclaimed(int blockIndex, long from) => bitmaps[blockIndex].NextClear(from);

    /// <summary>The first page of the block from <paramref name="from"/> on that somebody claimed; the page count when there is none.</summary>
    public long NextClaimed(int blockIndex, long from) => bitmaps[blockIndex].NextSet(from);
}
