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

    /// <summary>The destination's host pages, each of which must travel as a whole; null where that does not matter (precopy).</summary>
    public HostPages? HostPages { get; init; }

    /// <summary>Pages of the last run.</summary>
    public long PushedPages { get; private set; }

    /// <summary>
    /// Sends the next run of at most <paramref name="maxPages"/> pages, or the next host page where one has more. False when none is left.
    /// </summary>
    /// <exception cref="Machine.DamagedStateException">The pages are damaged; nothing of them was sent.</exception>
    public bool PushNext(int maxPages)
    {
        if (!FindNext()) return false;
        if (TargetPages(blockIndex) is > 1 and var whole)
        {
            var first = page - page % whole;
            PushedPages = PushHostPage(blockIndex, first, whole) ? whole : 0;
            page = first + whole;
            return true;
        }
        var run = reader.Read(blockIndex, page, maxPages);
        Send(run);
        PushedPages = run.PageCount;
        page += run.PageCount;
        return true;
    }

    /// <summary>
    /// Sends the pages of a set, neighbours together and each with all of its host page, as long as another page of the machine is left.
    /// </summary>
    /// <exception cref="Machine.DamagedStateException">The pages are damaged; nothing of them was sent.</exception>
    public void PushChosen(PageSet chosen)
    {
        for (blockIndex = 0; blockIndex < blocks.Count; blockIndex++)
        {
            if (SkippedBlocks.Contains(blockIndex)) continue;
            for (page = chosen.NextMember(blockIndex, 0); page < blocks[blockIndex].PageCount; page = chosen.NextMember(blockIndex, page))
            {
                var whole = TargetPages(blockIndex);
                var wanted = whole > 1 ? whole : Math.Min(MaxRunPages, chosen.NextOther(blockIndex, page) - page);
                var count = Math.Min(wanted, sent.Remaining - 1);
                if (count < whole)
                {
                    writer.Send();
                    return;
                }
                if (whole == 1)
                {
                    PushRun((int)count);
                    continue;
                }
                var first = page - page % whole;
                PushHostPage(blockIndex, first, whole);
                page = first + whole;
            }
        }
        writer.Send();
    }

    /// <summary>Sends one page that the destination waits for, with all of its host page. False when it is on its way already.</summary>
    public bool PushRequested(PageAddress wanted)
    {
        if (TargetPages(wanted.BlockIndex) is > 1 and var whole)
            return PushHostPage(wanted.BlockIndex, wanted.PageIndex - wanted.PageIndex % whole, whole);
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

    private int TargetPages(int block) => HostPages?.TargetPagesOf(block) ?? 1;

    /// <summary>Sends all target pages of a host page in order, nothing between them. Whoever claims the first of them sends it.</summary>
    private bool PushHostPage(int block, long first, int count)
    {
        if (!sent.Claim(block, first)) return false;
        for (var done = 0; done < count;)
        {
            var run = reader.Read(block, first + done, count - done);
            for (var index = 0; index < run.PageCount; index++, done++)
            {
                if (done > 0) sent.Claim(block, first + done);
                Add(block, first + done, run.IsZero ? default : run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize), isCopied: false);
            }
            writer.Send();
        }
        return true;
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
