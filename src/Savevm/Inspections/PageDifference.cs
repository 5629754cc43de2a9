using System.IO.Hashing;
using Savevm.Machine.Ram;

namespace Savevm.Inspections;

/// <summary>
/// Finds the pages of RAM that differ, and what happened to each. Memory: eight bytes for each page of the first state that is not zero.
/// </summary>
internal sealed class PageDifference
{
    private const int MaxPages = 256;

    // A digest of the first state's contents, and where they stand: the block in the upper bits.
    private const int PageBits = 40;

    private readonly Dictionary<ulong, long> _places = [];
    private readonly IRamSource _before;
    private readonly IRamSource _after;
    private readonly List<RamDifference> _found = [];

    private PageDifference(IRamSource before, IRamSource after)
    {
        _before = before;
        _after = after;
    }

    internal static IReadOnlyList<RamDifference> Find(
        IRamSource before, IRamSource after, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var difference = new PageDifference(before, after);
        difference.Run(progress, cancellationToken);
        return difference._found;
    }

    private void Run(Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var meter = new ReadMeter("diff", _before.Blocks.Sum(block => block.UsedLength) + _after.Blocks.Sum(block => block.UsedLength), progress);
        long done = 0;
        Index(() => meter.Report(done += MaxPages * RamBlock.PageSize), cancellationToken);
        using IPageReader old = _before.OpenReader();
        using IPageReader now = _after.OpenReader();
        foreach (RamBlock block in _after.Blocks)
        {
            RamBlock? earlier = _before.Blocks.FirstOrDefault(other => other.IdStr == block.IdStr);
            Compare(old, now, earlier, block, () => meter.Report(done += MaxPages * RamBlock.PageSize), cancellationToken);
        }
        foreach (RamBlock block in _before.Blocks.Where(block => _after.Blocks.All(other => other.IdStr != block.IdStr)))
            _found.Add(new RamDifference(block.IdStr, 0, block.UsedLength, "gone"));
    }

    /// <summary>Notes where the contents of the first state stand, the first place of each.</summary>
    private void Index(Action report, CancellationToken cancellationToken)
    {
        using IPageReader reader = _before.OpenReader();
        foreach (RamBlock block in _before.Blocks)
        {
            for (long page = 0; page < block.PageCount;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                PageRun run = reader.Read(block.Index, page, (int)Math.Min(MaxPages, block.PageCount - page));
                for (int i = 0; i < run.PageCount && !run.IsZero; i++)
                {
                    ReadOnlySpan<byte> bytes = run.Bytes.Slice(i * RamBlock.PageSize, RamBlock.PageSize);
                    if (!ZeroPage.IsZero(bytes))
                        _places.TryAdd(XxHash3.HashToUInt64(bytes), ((long)block.Index << PageBits) | (page + i));
                }
                page += run.PageCount;
                report();
            }
        }
    }

    private void Compare(
        IPageReader old, IPageReader now, RamBlock? earlier, RamBlock block, Action report, CancellationToken cancellationToken)
    {
        for (long page = 0; page < block.PageCount;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PageRun run = now.Read(block.Index, page, (int)Math.Min(MaxPages, block.PageCount - page));
            for (int done = 0; done < run.PageCount;)
            {
                long at = page + done;
                bool isNew = earlier is null || at >= earlier.PageCount;
                PageRun before = isNew
                    ? PageRun.Zero(run.PageCount - done)
                    : old.Read(earlier!.Index, at, (int)Math.Min(run.PageCount - done, earlier.PageCount - at));
                for (int i = 0; i < before.PageCount; i++)
                    Judge(block, at + i, PageOf(before, i), PageOf(run, done + i));
                done += before.PageCount;
            }
            page += run.PageCount;
            report();
        }
    }

    /// <summary>The bytes of a page; empty for zeros.</summary>
    private static ReadOnlySpan<byte> PageOf(in PageRun run, int index)
    {
        if (run.IsZero)
            return default;
        ReadOnlySpan<byte> page = run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize);
        return ZeroPage.IsZero(page) ? default : page;
    }

    private void Judge(RamBlock block, long page, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        if (before.SequenceEqual(after))
            return;
        (string Block, long Offset)? from = null;
        string change = after.IsEmpty ? "zeroed" : before.IsEmpty ? "filled" : "changed";
        if (!after.IsEmpty && _places.TryGetValue(XxHash3.HashToUInt64(after), out long place))
        {
            change = "moved";
            from = (_before.Blocks[(int)(place >> PageBits)].IdStr, (place & ((1L << PageBits) - 1)) * RamBlock.PageSize);
        }
        long offset = page * RamBlock.PageSize;
        if (_found.Count > 0 && _found[^1] is var last && last.Block == block.IdStr && last.Change == change && last.Offset + last.Bytes == offset
            && (from is null || (last.From is { } begin && from == (begin.Block, begin.Offset + last.Bytes))))
        {
            _found[^1] = last with { Bytes = last.Bytes + RamBlock.PageSize };
            return;
        }
        _found.Add(new RamDifference(block.IdStr, offset, RamBlock.PageSize, change) { From = from });
    }
}
