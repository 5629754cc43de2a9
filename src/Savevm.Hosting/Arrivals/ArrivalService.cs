using Microsoft.Win32.SafeHandles;
using Savevm.Hosting.Paging;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Arrivals;

/// <summary>
/// What a pager does for memory that arrives: brings the page that somebody waits for, and all the others in their order by a thread beside. Both place pages
/// without asking each other: the kernel takes a page once, and the second one is told so.
/// </summary>
/// <remarks>When it cannot go on it ends, with words on the program's standard error, and the program ends with it: its memory would be lost.</remarks>
internal sealed class ArrivalService(SafeFileHandle control, ArrivalMemory memory, LinuxFile image, FaultDescriptor faults) : IDisposable
{
    private const int NeighbourPages = 16, StreamedPages = 64;

    // Of each neighbourhood: somebody waited for a page of it.
    private readonly PageBitmap[] known = [.. Enumerable.Range(0, memory.Blocks.Count).Select(block => new PageBitmap((memory.Blocks.PagesOf(block) / NeighbourPages) + 1))];
    private readonly NativeBuffer wanted = new(NeighbourPages * RamBlock.PageSize), streamed = new(StreamedPages * RamBlock.PageSize);

    /// <summary>Serves until the program wants no more, or is gone.</summary>
    public void Run()
    {
        Descriptor.Write(control, [PagerContract.Serves], PagerContract.Name);
        Span<byte> word = stackalloc byte[1];
        if (Descriptor.Read(control, word, PagerContract.Name) != 1) return;
        new Thread(() => OrEnd(Stream)) { IsBackground = true, Name = "arrival" }.Start();
        OrEnd(Serve);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The other thread may be in a call with its buffer: it goes with the process.
    }

    private static void OrEnd(Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException gone) when (gone.ErrorNumber == Errno.ESRCH)
        {
            // The program has ended.
        }
        catch (Exception failure)
        {
            Console.Error.WriteLine($"savevm: memory that was to come from its image cannot be brought, and the program ends: {failure.Message}");
            Environment.Exit(1);
        }
    }

    private void Serve()
    {
        using var bunch = new FaultBunch(faults, Answer);
        while (true)
        {
            var (fault, word) = Descriptor.WaitReadable(faults.Handle, control, Timeout.InfiniteTimeSpan, PagerContract.Name);
            if (word != PollEvents.None) return;
            if ((fault & PollEvents.Readable) != 0) bunch.Serve();
        }
    }

    private bool Answer(PageFault fault)
    {
        if (!memory.Blocks.TryFind(fault.Address, out var block, out var page)) return true;
        if (!memory.TryFindRun(block, page, page + 1, out _, out _)) Put(block, page, 1, 0);
        else if (known[block].Set(page / NeighbourPages)) Bring(block, page, page + 1, wanted);
        // A second one of this neighbourhood: a wait for sixteen pages is little longer than one for one.
        else Bring(block, page / NeighbourPages * NeighbourPages, Math.Min(((page / NeighbourPages) + 1) * NeighbourPages, memory.Blocks.PagesOf(block)), wanted);
        // Whoever placed it may have done so before somebody began to wait.
        faults.Wake(memory.Blocks.AddressOf(block) + ((nint)page * RamBlock.PageSize), RamBlock.PageSize);
        return true;
    }

    /// <summary>All pages, one after the other.</summary>
    private void Stream()
    {
        for (var block = 0; block < memory.Blocks.Count; block++) Bring(block, 0, memory.Blocks.PagesOf(block), streamed);
        Descriptor.Write(control, [PagerContract.Arrived], PagerContract.Name);
    }

    private void Bring(int block, long from, long end, NativeBuffer buffer)
    {
        var most = buffer.Length / RamBlock.PageSize;
        while (memory.TryFindRun(block, from, Math.Min(end, from + most), out var first, out var count) || first < end)
        {
            if (count > 0)
            {
                var bytes = buffer.Slice(0, (int)count * RamBlock.PageSize);
                if (image.Read(bytes, memory.PositionOf(block) + (first * RamBlock.PageSize)) != bytes.Length) throw new IOException("the image ends within its pages");
                Put(block, first, count, buffer.Address);
            }
            from = first + count;
        }
    }

    /// <summary>Places pages where they are still missing; those of the address 0 are zeros.</summary>
    private void Put(int block, long first, long count, nint source)
    {
        var target = memory.Blocks.AddressOf(block) + ((nint)first * RamBlock.PageSize);
        try
        {
            for (nint done = 0, length = (nint)count * RamBlock.PageSize; done < length;)
            {
                done += source == 0 ? faults.ZeroPages(target + done, length - done) : faults.Copy(target + done, source + done, length - done);
                // This one is there already.
                if (done < length) done += RamBlock.PageSize;
            }
        }
        catch (LinuxException ended) when (ended.ErrorNumber == Errno.ENOENT)
        {
            // Nothing is missing any more: the program has taken its memory over.
        }
    }
}
