using Savevm.Machine.Ram;

namespace Savevm.Migration.Pages;

/// <summary>
/// Sends unclaimed pages in block order. One thread; claims make it safe beside a second pump or a page server.
/// </summary>
internal sealed class PagePump(IReadOnlyList<RamBlock> blocks, SentPages sent, IPageReader reader, PageRecordWriter writer)
{
    private const int MaxRunPages = 64;

    // Shorter runs are copied and travel together: a system call costs as much as the copies of some pages.
    private const int LongRunPages = 16;

    private int blockIndex;
    private long page;

    /// <summary>Pages of these blocks are skipped: the destination has them already.</summary>
    public required IReadOnlySet<int> SkippedBlocks { get; init; }

    /// <summary>Sends the next run of at most <paramref name="maxPages"/> pages. False when none is left.</summary>
    /// <exception cref="Machine.DamagedStateException">The pages are damaged; nothing of them was sent.</exception>
    public bool PushNext(int maxPages)
    {
        if (!FindNext()) return false;
        var run = reader.Read(blockIndex, page, maxPages);
        Send(run);
        page += run.PageCount;
        return true;
    }

    /// <summary>
    /// Sends the pages of a set, neighbours together, as long as another page of the machine is left.
    /// </summary>
    /// <exception cref="Machine.DamagedStateException">The pages are damaged; nothing of them was sent.</exception>
    public void PushChosen(PageSet chosen)
    {
        for (blockIndex = 0; blockIndex < blocks.Count; blockIndex++)
        {
            if (SkippedBlocks.Contains(blockIndex)) continue;
            for (page = chosen.NextMember(blockIndex, 0); page < blocks[blockIndex].PageCount; page = chosen.NextMember(blockIndex, page))
            {
                var count = Math.Min(chosen.NextOther(blockIndex, page) - page, Math.Min(MaxRunPages, sent.Remaining - 1));
                if (count <= 0)
                {
                    writer.Send();
                    return;
                }
                PushRun((int)count);
            }
        }
        writer.Send();
    }

    /// <summary>Sends one page that the destination waits for. False when it is on its way already.</summary>
    public bool PushRequested(PageAddress wanted)
    {
        if (sent.IsClaimed(wanted.BlockIndex, wanted.PageIndex)) return false;
        // Read before the claim: a page that turns out damaged must not count as sent.
        var run = reader.Read(wanted.BlockIndex, wanted.PageIndex, 1);
        if (!sent.Claim(wanted.BlockIndex, wanted.PageIndex)) return false;
        Add(wanted.BlockIndex, wanted.PageIndex, run.Bytes, isCopied: false);
        writer.Send();
        return true;
    }

    private void PushRun(int maxPages)
    {
        var run = reader.Read(blockIndex, page, maxPages);
        var isLong = run.PageCount >= LongRunPages;
        Add(run, isCopied: !isLong);
        if (isLong) writer.Send();
        page += run.PageCount;
    }

    private bool FindNext()
    {
        for (; blockIndex < blocks.Count; blockIndex++, page = 0)
        {
            if (SkippedBlocks.Contains(blockIndex)) continue;
            page = sent.NextUnclaimed(blockIndex, page);
            if (page < blocks[blockIndex].PageCount) return true;
        }
        return false;
    }

    private void Send(PageRun run)
    {
        Add(run, isCopied: false);
        writer.Send();
    }

    private void Add(PageRun run, bool isCopied)
    {
        for (var index = 0; index < run.PageCount; index++)
        {
            if (!sent.Claim(blockIndex, page + index)) continue;
            Add(blockIndex, page + index, run.IsZero ? default : run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize), isCopied);
        }
    }

    private void Add(int block, long pageIndex, ReadOnlySpan<byte> content, bool isCopied)
    {
        // A zero page costs nine bytes and stays unpopulated at the destination; finding out costs nothing for any other page.
        if (content.IsEmpty || content.IndexOfAnyExcept((byte)0) < 0) writer.AddZeroPage(block, pageIndex);
        else if (isCopied) writer.AddCopy(block, pageIndex, content);
        else writer.AddPage(block, pageIndex, content);
    }
}
