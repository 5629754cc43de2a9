using Savevm.Hosting.Ram;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Linux.Pagemap;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Snapshots;

/// <summary>Which pages were ever written to: the others are zero, and reading them would take memory for nothing.</summary>
internal sealed class PopulatedPages(IReadOnlyList<HostedRamBlock> blocks)
{
    private const int WordsOfCall = 4096;
    private const ulong PresentBit = 1UL << 63, SwappedBit = 1UL << 62;

    private PageBitmap[] there = [];

    /// <summary>Whether nobody had written to a page when it was looked.</summary>
    public bool IsEmpty(int block, long page) => !there[block].IsSet(page);

    /// <summary>The first empty pages of a block from one on, and where they end; the same number twice when there are none.</summary>
    public (long First, long End) NextEmpty(int block, long from)
    {
        var first = there[block].NextClear(from);
        return (first, there[block].NextSet(first));
    }

    /// <summary>Looks. The machine stands still.</summary>
    public void Look()
    {
        there = [.. blocks.Select(block => new PageBitmap(block.UsedLength / RamBlock.PageSize))];
        using var pagemap = PagemapFile.Open();
        foreach (var block in blocks)
        {
            // Of huge pages neither the file nor the page tables of one process tell who wrote to them. They are reserved: reading takes nothing from others.
            if (block.HasHugePages) there[block.Index].SetRange(0, there[block.Index].PageCount);
            else if (block.File is { } file) LookAtFile(file, there[block.Index]);
            else if (block.Layout.Backing.Kind == RamBackingKind.Anonymous) LookAtTables(pagemap, block, there[block.Index]);
            // Of a file with a name the page tables say nothing of what was written to it.
            else there[block.Index].SetRange(0, there[block.Index].PageCount);
        }
    }

    /// <summary>Maps every page, the empty ones as zeros: for kernels that protect only what is mapped.</summary>
    public void Populate()
    {
        using var page = new NativeBuffer(RamBlock.PageSize);
        foreach (var block in blocks)
            for (long offset = 0; offset < block.UsedLength; offset += RamBlock.PageSize) NativeCopy.Copy(page.Address, block.Address + (nint)offset, 1);
    }

    private static void LookAtFile(LinuxFile file, PageBitmap pages)
    {
        var end = pages.PageCount * RamBlock.PageSize;
        for (var data = file.NextData(0); data >= 0 && data < end; data = file.NextData(data))
        {
            var hole = file.NextHole(data);
            if (hole < 0 || hole > end) hole = end;
            var first = data / RamBlock.PageSize;
            pages.SetRange(first, ((hole + RamBlock.PageSize - 1) / RamBlock.PageSize) - first);
            data = hole;
            if (data >= end) return;
        }
    }

    private static void LookAtTables(PagemapFile pagemap, HostedRamBlock block, PageBitmap pages)
    {
        Span<ulong> words = stackalloc ulong[WordsOfCall];
        for (long first = 0; first < pages.PageCount; first += WordsOfCall)
        {
            var some = words[..(int)Math.Min(WordsOfCall, pages.PageCount - first)];
            pagemap.ReadWords(block.Address + ((nint)first * RamBlock.PageSize), some);
            for (var index = 0; index < some.Length; index++)
            {
                if ((some[index] & (PresentBit | SwappedBit)) != 0) pages.SetRange(first + index, 1);
            }
        }
    }
}
