using Microsoft.Win32.SafeHandles;
using Savevm.Hosting.Paging;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Linux.Processes;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Snapshots;

/// <summary>
/// What a pager does: copies the page of each fault and lets the write through. Where somebody writes to a second page of a neighbourhood, the whole
/// neighbourhood is copied, and where that happens twice in a district, all of it: one wait for many pages is far shorter than many for one each.
/// </summary>
internal sealed unsafe class PagerService(SafeFileHandle control, PagerMemory memory, LinuxFile copies, FaultDescriptor faults) : IDisposable
{
    /// <summary>Bytes of what the program tells: the block, the first page and how many.</summary>
    internal const int OrderBytes = 24;

    /// <summary>In the place of the block: whether it serves still.</summary>
    internal const int Question = -1;

    private const int CopiedPages = 64;
    private const int FaultsBetweenOrders = 16;

    private readonly NativeBuffer buffer = new(CopiedPages * RamBlock.PageSize);
    private readonly NativeBuffer orders = new(OrderBytes);

    // Pages of a neighbourhood, and of a district of neighbourhoods.
    private static readonly int[] Extents = [16, 128];

    // Of each extent, in each block: somebody waited in it before.
    private readonly PageBitmap[][] known =
        [.. Extents.Select(extent => Enumerable.Range(0, memory.Blocks.Count).Select(block => new PageBitmap((memory.Blocks.PagesOf(block) / extent) + 1)).ToArray())];

    private int answered;

    /// <summary>Serves until the program wants no more, is gone, or a page cannot be copied.</summary>
    /// <exception cref="LinuxException">The program is gone, or its RAM.</exception>
    public void Run()
    {
        Descriptor.SetNonBlocking(control, true, PagerContract.Name);
        Descriptor.Write(control, [PagerContract.Serves], PagerContract.Name);
        using var bunch = new FaultBunch(faults, Answer);
        while (true)
        {
            var (fault, word) = Descriptor.WaitReadable(faults.Handle, control, Timeout.InfiniteTimeSpan, PagerContract.Name);
            if ((fault & PollEvents.Readable) != 0 && !bunch.Serve()) return;
            if (word != PollEvents.None && !Obey()) return;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        buffer.Dispose();
        orders.Dispose();
    }

    private bool Answer(PageFault fault)
    {
        memory.Faults++;
        return Answer(fault.Address) && (++answered % FaultsBetweenOrders != 0 || Obey());
    }

    private bool Answer(nint address)
    {
        if (!memory.Blocks.TryFind(address, out var block, out var page)) return true;
        // The kernel protects and lets go a whole page of the host.
        var unit = memory.UnitOf(block);
        if (unit > 1) return Open(block, page / unit * unit, (int)unit);
        var extent = 1;
        for (var level = 0; level < Extents.Length && !known[level][block].Set(page / Extents[level]); level++) extent = Extents[level];
        var first = page / extent * extent;
        return Open(block, first, (int)Math.Min(extent, memory.Blocks.PagesOf(block) - first));
    }

    /// <summary>Copies what of a range nobody has copied yet, and lets writes to all of it through.</summary>
    private bool Open(int block, long first, int pages)
    {
        for (int index = 0, run; index < pages; index += run)
        {
            // Claimed already: its copy exists, here or there.
            for (run = 0; run < CopiedPages && index + run < pages && memory.TryClaim(block, first + index + run);) run++;
            if (run == 0)
            {
                run = 1;
                continue;
            }
            for (int done = 0, some; done < run; done += some)
            {
                some = TryCopy(block, first + index + done, run - done);
                if (some == 0) return false;
            }
        }
        faults.WriteProtect(memory.Blocks.AddressOf(block) + ((nint)first * RamBlock.PageSize), (nint)pages * RamBlock.PageSize, false);
        return true;
    }

    /// <summary>Copies some pages, those for which there is room in one place. Returns how many; 0 when they cannot be copied.</summary>
    private int TryCopy(int block, long first, int pages)
    {
        var places = memory.FreePlaces;
        var isInFile = places <= 0;
        if (!isInFile) pages = (int)Math.Min(pages, places);
        var length = pages * RamBlock.PageSize;
        var target = isInFile ? buffer.Address : memory.PlaceOf(memory.CopyCount);
        var failure = ProcessMemory.Read(memory.ProcessId, memory.Blocks.AddressOf(block) + ((nint)first * RamBlock.PageSize), target, length);
        if (failure == 0 && isInFile) failure = TryWrite(buffer.Slice(0, length), memory.CopyCount * RamBlock.PageSize);
        if (failure != 0)
        {
            memory.Failure = failure;
            return 0;
        }
        for (var index = 0; index < pages; index++) memory.Publish(block, first + index, isInFile);
        return pages;
    }

    private int TryWrite(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            copies.Write(bytes, offset);
            return 0;
        }
        catch (LinuxException failure)
        {
            return failure.ErrorNumber;
        }
    }

    /// <summary>Pages that the program has copied: nobody need wait for them. False when it wants no more, or is gone.</summary>
    private bool Obey()
    {
        var order = orders.Slice(0, OrderBytes);
        while (true)
        {
            var filled = 0;
            while (filled < order.Length)
            {
                var count = Descriptor.Read(control, order[filled..], PagerContract.Name);
                if (count == 0) return false;
                if (count < 0 && filled == 0) return true;
                if (count > 0) filled += count;
            }
            var (block, first, pages) = (BitConverter.ToInt64(order), BitConverter.ToInt64(order[8..]), BitConverter.ToInt64(order[16..]));
            if (block == Question)
            {
                Descriptor.Write(control, [PagerContract.Serves], PagerContract.Name);
                continue;
            }
            faults.WriteProtect(memory.Blocks.AddressOf((int)block) + ((nint)first * RamBlock.PageSize), (nint)pages * RamBlock.PageSize, false);
        }
    }
}
