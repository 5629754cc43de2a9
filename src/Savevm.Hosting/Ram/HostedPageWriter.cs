using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Ram;

/// <summary>Writes pages into mapped RAM, by native calls; while pages are missing, in one step with waking who waits. Each is there when the call returns; a flush has nothing left to do.</summary>
internal sealed unsafe class HostedPageWriter(GuestRam ram, HostedRamBlock[] blocks) : IPageWriter, IPageReadback
{
    public void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page)
    {
        if (page.Length != RamBlock.PageSize) throw new ArgumentException($"A page of {page.Length} bytes.", nameof(page));
        var block = blocks[blockIndex];
        GuestRam.CheckRange(block, pageIndex, 1);
        var offset = pageIndex * RamBlock.PageSize;
        // The page lies in native memory, as the interface says: nothing moves it.
        var from = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(page));
        // A page that is there already has been seen by the machine, and perhaps written to: then it stays.
        if (ram.Missing is { } missing) missing.Copy(block.Address + (nint)offset, from, RamBlock.PageSize);
        else NativeCopy.Copy(block.Address + (nint)offset, from, RamBlock.PageSize);
        block.NoteWrite(offset, RamBlock.PageSize);
    }

    public void WriteZeroPage(int blockIndex, long pageIndex)
    {
        var block = blocks[blockIndex];
        GuestRam.CheckRange(block, pageIndex, 1);
        var offset = pageIndex * RamBlock.PageSize;
        if (ram.Missing is { } missing)
        {
            missing.ZeroPages(block.Address + (nint)offset, RamBlock.PageSize);
            block.NoteWrite(offset, RamBlock.PageSize);
            return;
        }
        // Most zero pages were never written to; writing zeros to them would cost memory.
        if (block.Memory.IsZero(offset, RamBlock.PageSize)) return;
        block.Memory.Fill(offset, 0, RamBlock.PageSize);
    }

    public void ReadBack(int blockIndex, long pageIndex, Span<byte> page)
    {
        var block = blocks[blockIndex];
        GuestRam.CheckRange(block, pageIndex, 1);
        // Whoever reads a page that is missing waits for it; the thread that would bring it is this one.
        if (ram.Missing is not null) throw new InvalidOperationException("Pages may be missing: there is nothing to apply a difference to.");
        block.Memory.Read(pageIndex * RamBlock.PageSize, page[..RamBlock.PageSize]);
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }
}
