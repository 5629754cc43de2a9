using System.Collections.Concurrent;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>RAM of a machine that lives in the test process: a source, a sink, and a fault source for a guest that runs early.</summary>
internal sealed class MemoryRam : IRamSource, IRamSink, IFaultSource
{
    private readonly List<byte[]> contents = [];
    private readonly List<bool[]> present = [];
    private readonly HashSet<PageAddress> asked = [];
    private readonly BlockingCollection<PageAddress> faults = [];
    private readonly object gate = new();
    private List<RamBlock> blocks = [];

    public IReadOnlyList<RamBlock> Blocks => blocks;

    /// <summary>Pages written so far, repeats counted.</summary>
    public long Writes { get; private set; }

    /// <summary>Pages that were discarded, in the order of the commands, each with the number of writes before it.</summary>
    public List<(PageAddress Page, long WritesBefore)> Discards { get; } = [];

    /// <summary>The pages in the order in which they were written.</summary>
    public List<PageAddress> Order { get; } = [];

    /// <summary>Makes reading this page fail as damaged.</summary>
    public PageAddress? Damaged { get; set; }

    /// <summary>Makes the n-th write fail as a full disk would.</summary>
    public long? FailAtWrite { get; set; }

    public static MemoryRam Random(int seed, params (string IdStr, int Pages)[] layout)
    {
        var random = new Random(seed);
        var ram = new MemoryRam();
        ram.DeclareBlocks([.. layout.Select((entry, index) => new RamBlock(index, entry.IdStr, (long)entry.Pages * RamBlock.PageSize))]);
        foreach (var content in ram.contents)
        {
            for (var at = 0; at < content.Length; at += RamBlock.PageSize)
            {
                // A third of the pages stays zero, one in ten is zero but for its last byte.
                var kind = random.Next(30);
                if (kind < 10) continue;
                if (kind < 13) content[at + RamBlock.PageSize - 1] = 1;
                else random.NextBytes(content.AsSpan(at, RamBlock.PageSize));
            }
        }
        return ram;
    }

    public byte[] Content(int block) => contents[block];

    public bool IsPresent(int block, long page) => block < present.Count && present[block][page];

    public void DeclareBlocks(IReadOnlyList<RamBlock> declared)
    {
        if (blocks.Count > 0) throw new MachineRefusedException("declared twice");
        blocks = [.. declared];
        foreach (var block in blocks)
        {
            contents.Add(GC.AllocateArray<byte>((int)block.UsedLength, pinned: true));
            present.Add(new bool[block.PageCount]);
        }
    }

    public IPageWriter OpenWriter() => new Writer(this);

    public IPageReader OpenReader() => new Reader(this);

    public void Discard(int blockIndex, long firstPage, long pageCount)
    {
        lock (gate)
        {
            Array.Clear(present[blockIndex], (int)firstPage, (int)pageCount);
            for (var page = firstPage; page < firstPage + pageCount; page++) Discards.Add((new PageAddress(blockIndex, page), Writes));
        }
    }

    /// <summary>What a running guest does: reads a page, waiting for it when it is missing.</summary>
    public byte[] GuestRead(PageAddress page, TimeSpan patience)
    {
        var deadline = DateTime.UtcNow + patience;
        lock (gate)
        {
            while (!present[page.BlockIndex][page.PageIndex])
            {
                if (asked.Add(page)) faults.Add(page);
                if (!Monitor.Wait(gate, deadline - DateTime.UtcNow)) throw new TimeoutException($"page {page} never came");
            }
            return contents[page.BlockIndex].AsSpan((int)page.PageIndex * RamBlock.PageSize, RamBlock.PageSize).ToArray();
        }
    }

    public void Begin(IReadOnlyList<RamBlock> declared)
    {
    }

    public void End()
    {
    }

    public bool WaitForFault(CancellationToken cancellationToken, out PageAddress page)
    {
        page = default;
        try
        {
            page = faults.Take(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Writer(MemoryRam ram) : IPageWriter, IPageReadback
    {
        public void ReadBack(int blockIndex, long pageIndex, Span<byte> page)
        {
            lock (ram.gate) ram.contents[blockIndex].AsSpan((int)pageIndex * RamBlock.PageSize, RamBlock.PageSize).CopyTo(page);
        }

        public void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page) => Write(blockIndex, pageIndex, page);

        public void WriteZeroPage(int blockIndex, long pageIndex) => Write(blockIndex, pageIndex, new byte[RamBlock.PageSize]);

        public void Flush()
        {
        }

        public void Dispose()
        {
        }

        private void Write(int blockIndex, long pageIndex, ReadOnlySpan<byte> page)
        {
            lock (ram.gate)
            {
                if (++ram.Writes == ram.FailAtWrite) throw new IOException("No space left on device");
                ram.Order.Add(new PageAddress(blockIndex, pageIndex));
                page.CopyTo(ram.contents[blockIndex].AsSpan((int)pageIndex * RamBlock.PageSize));
                ram.present[blockIndex][pageIndex] = true;
                Monitor.PulseAll(ram.gate);
            }
        }
    }

    private sealed class Reader(MemoryRam ram) : IPageReader
    {
        public PageRun Read(int blockIndex, long firstPage, int maxPages)
        {
            var count = (int)Math.Min(Math.Min(maxPages, 16), ram.Blocks[blockIndex].PageCount - firstPage);
            if (ram.Damaged is { } bad && bad.BlockIndex == blockIndex && bad.PageIndex >= firstPage && bad.PageIndex < firstPage + count)
                throw new DamagedStateException(ram.Blocks[blockIndex].IdStr, bad.PageIndex * RamBlock.PageSize, "the checksum does not agree");
            return PageRun.Data(ram.contents[blockIndex].AsSpan((int)firstPage * RamBlock.PageSize, count * RamBlock.PageSize));
        }

        public void Dispose()
        {
        }
    }
}
