using System.Runtime.InteropServices;
using Savevm.Machine.Ram;

namespace Savevm.Simulator.Machines;

/// <summary>The RAM of one machine: blocks of pages in native memory.</summary>
internal sealed unsafe class SimulatedMemory : IDisposable
{
    private readonly nint[] addresses;

    public SimulatedMemory(IReadOnlyList<RamBlock> blocks)
    {
        Blocks = blocks;
        addresses = [.. blocks.Select(block => (nint)NativeMemory.AlignedAlloc((nuint)block.UsedLength, RamBlock.PageSize))];
        foreach (var block in blocks) new Span<byte>((void*)addresses[block.Index], (int)block.UsedLength).Clear();
    }

    public IReadOnlyList<RamBlock> Blocks { get; }

    public Span<byte> Page(int block, long page, int count = 1) => new((void*)(addresses[block] + (nint)(page * RamBlock.PageSize)), count * RamBlock.PageSize);

    /// <summary>The first word stands for a page in what is checked all the while; all of it is compared in the end.</summary>
    public ulong Word(PageAddress page) => BitConverter.ToUInt64(Page(page.BlockIndex, page.PageIndex));

    public void SetWord(PageAddress page, ulong value) => BitConverter.TryWriteBytes(Page(page.BlockIndex, page.PageIndex), value);

    public void CopyFrom(SimulatedMemory other)
    {
        foreach (var block in Blocks)
            other.Page(block.Index, 0, (int)block.PageCount).CopyTo(Page(block.Index, 0, (int)block.PageCount));
    }

    /// <summary>The first page that differs; null when none does.</summary>
    public PageAddress? FirstDifference(SimulatedMemory other)
    {
        foreach (var block in Blocks)
            for (long page = 0; page < block.PageCount; page++)
                if (!Page(block.Index, page).SequenceEqual(other.Page(block.Index, page))) return new PageAddress(block.Index, page);
        return null;
    }

    public PageAddress Any(Random random)
    {
        var block = Blocks[random.Next(Blocks.Count)];
        return new PageAddress(block.Index, random.NextInt64(block.PageCount));
    }

    public void Dispose()
    {
        foreach (var address in addresses) NativeMemory.AlignedFree((void*)address);
    }
}
