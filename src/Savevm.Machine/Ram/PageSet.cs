namespace Savevm.Machine.Ram;

/// <summary>
/// Some pages of a machine, without an order: one bit per page of each block, so that neighbours are found however the pages were named.
/// Not synchronised: it belongs to one thread while it is changed.
/// </summary>
public sealed class PageSet
{
    private readonly PageBitmap[] bitmaps;

    /// <summary>No page of these blocks.</summary>
    public PageSet(IReadOnlyList<RamBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        bitmaps = [.. blocks.Select(block => new PageBitmap(block.PageCount))];
    }

    /// <summary>Number of pages.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a page that exists; true when it was not in the set.</summary>
    public bool Add(int blockIndex, long page)
    {
        if (!bitmaps[blockIndex].Set(page)) return false;
        Count++;
        return true;
    }

    /// <summary>Takes a page out; true when it was in the set.</summary>
    public bool Remove(int blockIndex, long page)
    {
        if (!bitmaps[blockIndex].Clear(page)) return false;
        Count--;
        return true;
    }

    /// <summary>Whether a page is in the set.</summary>
    public bool Contains(int blockIndex, long page) => bitmaps[blockIndex].IsSet(page);

    /// <summary>The first page of the block at or after <paramref name="from"/> that is in the set; the page count when there is none.</summary>
    public long NextMember(int blockIndex, long from) => bitmaps[blockIndex].NextSet(from);

    /// <summary>The first page of the block at or after <paramref name="from"/> that is not in the set; the page count when there is none.</summary>
    public long NextOther(int blockIndex, long from) => bitmaps[blockIndex].NextClear(from);
}
