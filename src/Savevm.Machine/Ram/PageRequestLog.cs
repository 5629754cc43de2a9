namespace Savevm.Machine.Ram;

/// <summary>
/// The pages that a guest asked for, each once, in the order in which it first did. One thread notes; any other may read meanwhile what
/// was noted before. Memory grows by a segment at a time, so that a guest that asks for little costs little.
/// </summary>
public sealed class PageRequestLog : IPageRequestLog
{
    private const int SegmentShift = 15;
    private const int SegmentPages = 1 << SegmentShift;
    private const int BlockShift = 48;

    private readonly PageSet noted;
    private readonly ulong[]?[] segments;
    private readonly int limit;
    private int count;

    /// <summary>An empty log for the pages of these blocks, which keeps the first <paramref name="limit"/> of them.</summary>
    public PageRequestLog(IReadOnlyList<RamBlock> blocks, int limit)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        noted = new PageSet(blocks);
        this.limit = (int)Math.Min(limit, blocks.Sum(block => block.PageCount));
        segments = new ulong[(this.limit + SegmentPages - 1) >> SegmentShift][];
        if (segments.Length > 0) segments[0] = new ulong[SegmentPages];
    }

    /// <summary>Number of pages; those before it never change.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>A page by its place in the order.</summary>
    public PageAddress this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var entry = segments[index >> SegmentShift]![index & (SegmentPages - 1)];
            return new PageAddress((int)(entry >> BlockShift), (long)(entry & ((1UL << BlockShift) - 1)));
        }
    }

    /// <summary>The pages from <paramref name="first"/> up to and without <paramref name="end"/>, without copying them.</summary>
    public IReadOnlyList<PageAddress> Slice(int first, int end)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)end, (uint)Count, nameof(end));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)first, (uint)end, nameof(first));
        return new Part(this, first, end - first);
    }

    /// <inheritdoc/>
    public void Note(int blockIndex, long pageIndex)
    {
        var at = count;
        if (at == limit || !noted.Add(blockIndex, pageIndex)) return;
        var segment = segments[at >> SegmentShift] ??= new ulong[SegmentPages];
        segment[at & (SegmentPages - 1)] = (ulong)blockIndex << BlockShift | (ulong)pageIndex;
        // Whoever sees the new count sees the page.
        Volatile.Write(ref count, at + 1);
    }

    private sealed class Part(PageRequestLog log, int first, int count) : IReadOnlyList<PageAddress>
    {
        public int Count => count;

        public PageAddress this[int index]
        {
            get
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)count, nameof(index));
                return log[first + index];
            }
        }

        public IEnumerator<PageAddress> GetEnumerator()
        {
            for (var index = 0; index < count; index++) yield return this[index];
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
