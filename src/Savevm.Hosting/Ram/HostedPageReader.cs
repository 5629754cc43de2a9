using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Ram;

/// <summary>
/// Reads the RAM of a machine that may run. Pages are copied by a native call into a buffer of the reader: what the engine looks at does
/// not change under it, and a page fault is nothing that managed code waits in. Nothing is kept from one call to the next, for a page that
/// was collected as dirty must be read anew.
/// </summary>
internal sealed class HostedPageReader : IPageReader
{
    /// <summary>Half of a usual second-level cache: what was copied is still there when it is sent.</summary>
    private const int CopiedPages = 64;

    /// <summary>So that a call stays short when all is zero.</summary>
    private const int ZeroPages = 1024;

    /// <summary>Shorter runs are copied, so that several can travel together.</summary>
    private const int DirectPages = 16;

    private readonly HostedRamBlock[] blocks;
    private readonly bool isDirect;
    private readonly NativeBuffer buffer = new(CopiedPages * RamBlock.PageSize);
    private readonly NativeBuffer zeros = new(RamBlock.PageSize);

    /// <summary>A reader that hands out copies; or, where that is wanted, RAM itself for long runs.</summary>
    internal HostedPageReader(HostedRamBlock[] blocks, bool isDirect = false)
    {
        this.blocks = blocks;
        this.isDirect = isDirect;
        zeros.Clear();
    }

    public PageRun Read(int blockIndex, long firstPage, int maxPages)
    {
        var block = blocks[blockIndex];
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPages, 1);
        GuestRam.CheckRange(block, firstPage, 1);
        var available = (int)Math.Min(maxPages, (block.UsedLength / RamBlock.PageSize) - firstPage);
        var address = block.Address + ((nint)firstPage * RamBlock.PageSize);
        if (IsZero(address))
        {
            var limit = Math.Min(available, ZeroPages);
            var zero = 1;
            while (zero < limit && IsZero(address + ((nint)zero * RamBlock.PageSize))) zero++;
            return PageRun.Zero(zero);
        }
        var count = 1;
        for (var limit = Math.Min(available, CopiedPages); count < limit && !IsZero(address + ((nint)count * RamBlock.PageSize));) count++;
        // What is written between the look and the copy is a write that a tracker tells of later.
        if (isDirect && count >= DirectPages) return PageRun.Scanned(Span(address, count));
        NativeCopy.Copy(buffer.Address, address, (nint)count * RamBlock.PageSize);
        return PageRun.Scanned(buffer.Slice(0, count * RamBlock.PageSize));
    }

    public void Dispose()
    {
        buffer.Dispose();
        zeros.Dispose();
    }

    private static unsafe ReadOnlySpan<byte> Span(nint address, int pages) => new((void*)address, pages * RamBlock.PageSize);

    private bool IsZero(nint page) => NativeCompare.AreEqual(page, zeros.Address, RamBlock.PageSize);
}
