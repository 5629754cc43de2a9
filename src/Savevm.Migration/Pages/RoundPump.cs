using Savevm.Machine.Ram;

namespace Savevm.Migration.Pages;

/// <summary>
/// Sends the pending pages of a machine that runs, in block order; after the last it begins at the first again. What the machine writes to a
/// page after it was read is told by the tracker the next time. One thread; no allocation per page.
/// </summary>
internal sealed class RoundPump(IReadOnlyList<RamBlock> blocks, PendingPages pending, IPageReader reader, PageRecordWriter writer)
{
    private const int MaxRunPages = 64;

    // Shorter runs are copied and travel together: a system call costs as much as the copies of some pages.
    private const int LongRunPages = 16;

    private int blockIndex;
    private long page;

    /// <summary>
    /// Sends the next run. False when the end was reached: the round is over. What was added behind the place where the pump stands waits
    /// for the next round.
    /// </summary>
    public bool SendNext()
    {
        if (!FindNext())
        {
            writer.Send();
            (blockIndex, page) = (0, 0);
            return false;
        }
        var bitmap = pending[blockIndex];
        var wanted = (int)Math.Min(MaxRunPages, bitmap.NextClear(page) - page);
        var run = reader.Read(blockIndex, page, wanted);
        pending.Take(blockIndex, page, run.PageCount);
        var isLong = run.PageCount >= LongRunPages;
        for (var index = 0; index < run.PageCount; index++)
        {
            var content = run.IsZero ? default : run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize);
            if (run.IsZero || (!run.IsScanned && ZeroPage.IsZero(content))) writer.AddZeroPage(blockIndex, page + index);
            else if (isLong) writer.AddPage(blockIndex, page + index, content);
            else writer.AddCopy(blockIndex, page + index, content);
        }
        if (isLong && !run.IsZero) writer.Send();
        page += run.PageCount;
        return true;
    }

    private bool FindNext()
    {
        for (; blockIndex < blocks.Count; blockIndex++, page = 0)
        {
            page = pending[blockIndex].NextSet(page);
            if (page < blocks[blockIndex].PageCount) return true;
        }
        return false;
    }
}
