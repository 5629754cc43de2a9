using Savevm.Hosting.Paging;
using Savevm.Hosting.Ram;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Snapshots;

/// <summary>
/// Holds a machine's RAM as it is at an instant, by write protection: who wants to write to a page waits until its pager has copied it; all other pages
/// are copied here, one after the other. A page is claimed by whoever copies it, here after the copy was made: while nobody has claimed a page it is
/// protected, so what was copied before is of the instant.
/// </summary>
/// <remarks>
/// Whoever writes, native code, managed code or a system call, waits for another process, so a garbage collection that waits for him goes on in the end.
/// The kernel's faults, those of system calls and of KVM, need a user who may have them.
/// </remarks>
public sealed class FrozenRam(GuestRam ram, PagerOptions options) : IFrozenRam
{
    /// <summary>Half of a usual second-level cache.</summary>
    private const int CopiedPages = 64;

    private const int ZeroPages = 1024;

    /// <summary>Pages that are let go together: each time wakes the pager, and who writes to one before does so too.</summary>
    private const int ReleasedPages = 512;

    /// <summary>So many of the pager's copies may wait while pages are copied here, which spares writers their wait: half of the memory for them.</summary>
    private readonly long copiesThatWait = Math.Max(1024, options.CopiesMemory / RamBlock.PageSize / 2);

    private static readonly TimeSpan PagerPoll = TimeSpan.FromMilliseconds(1);

    private readonly NativeBuffer buffer = new(CopiedPages * RamBlock.PageSize);
    private readonly NativeBuffer zeros = new(RamBlock.PageSize);
    private readonly PopulatedPages populated = new(ram.Hosted);
    private FaultDescriptor? faults;
    private PagerMemory? memory;
    private LinuxFile? copies;
    private PagerProcess? pager;
    private (int Block, long Page) cursor, emptyCursor;
    private long given, total, copiesGiven, punched, ahead, released;
    private bool isHeld;

    /// <inheritdoc/>
    public IReadOnlyList<RamBlock> Blocks => ram.Blocks;

    /// <summary>Pages that were copied because the machine wanted to write to them.</summary>
    public long PagesAhead => memory?.CopyCount ?? ahead;

    /// <summary>The process that serves its faults; 0 before it is prepared.</summary>
    public int PagerProcessId => pager?.ProcessId ?? 0;

    /// <summary>As on a kernel that protects only what is mapped: for tests on another one.</summary>
    internal bool PopulatesFirst { get; init; }

    /// <summary>A file that takes the copies instead; for tests.</summary>
    internal string? CopiesPath { get; init; }

    /// <inheritdoc/>
    public void Prepare()
    {
        ram.BeginHold();
        isHeld = true;
        zeros.Clear();
        total = ram.Hosted.Sum(block => block.UsedLength / RamBlock.PageSize);
        try
        {
            faults = WriteProtection.Open(out var protectsUnpopulated);
            foreach (var block in ram.Hosted.Where(block => block.UsedLength > 0))
                faults.Register(block.Address, (nint)block.UsedLength, UserfaultfdModes.WriteProtect);
            // Such a kernel protects what is there, and nothing else.
            if (!protectsUnpopulated || PopulatesFirst) populated.Populate();
            memory = PagerMemory.Create(ram.Hosted, options.CopiesMemory);
            copies = CopiesPath is { } path
                ? new LinuxFile(Descriptor.Open(path, FileAccess.ReadWrite), path)
                : OpenCopies(options.CopiesFolder ?? Path.GetTempPath());
            pager = PagerProcess.Start(options, PagerContract.SnapshotTask, memory.File, copies, faults);
        }
        catch (LinuxException refused)
        {
            throw new MachineRefusedException($"this RAM cannot be held for a snapshot: {refused.Message}");
        }
    }

    /// <inheritdoc/>
    public void Freeze()
    {
        if (pager is null) throw new InvalidOperationException("It is not prepared.");
        try
        {
            // Before the protection, of which what is not populated gets marks that look like pages.
            populated.Look();
            foreach (var block in ram.Hosted) memory!.ClaimEmpty(block.Index, populated);
            foreach (var block in ram.Hosted.Where(block => block.UsedLength > 0))
                faults!.WriteProtect(block.Address, (nint)block.UsedLength, true);
        }
        catch (LinuxException refused)
        {
            throw new MachineRefusedException($"this RAM cannot be held for a snapshot: {refused.Message}");
        }
        // From here on the pager alone has it. Should it end, nothing stays protected.
        faults!.Dispose();
    }

    /// <inheritdoc/>
    public bool TryNext(out PageAddress first, out PageRun run)
    {
        if (memory is null || pager is null) throw new InvalidOperationException("It is not frozen.");
        // What was given before was taken by now.
        memory.TakenCount = copiesGiven;
        while (given < total)
        {
            var waiting = memory.CopyCount - copiesGiven;
            if (waiting < copiesThatWait && TryNextInOrder(out first, out run)) return true;
            if (waiting > 0)
            {
                first = memory.Copied(copiesGiven);
                run = NextCopy(first, waiting);
                return true;
            }
            if (TryNextEmpty(out first, out run)) return true;
            // All are claimed; the last copies are being made.
            if (copiesGiven < memory.CopyCount || given >= total) continue;
            DemandPager();
            Thread.Sleep(PagerPoll);
        }
        // It answers, so everything that was copied here was protected then. To see it alive would not do: a process that is being killed lifts the protection before it has ended.
        AskPager();
        first = default;
        run = default;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pager?.Dispose();
        faults?.Dispose();
        ahead = PagesAhead;
        memory?.Dispose();
        memory = null;
        copies?.Dispose();
        buffer.Dispose();
        zeros.Dispose();
        if (isHeld) ram.EndHold();
        isHeld = false;
    }

    /// <summary>Copies of pages that follow each other, as the pager makes them where somebody writes to many.</summary>
    private PageRun NextCopy(PageAddress first, long waiting)
    {
        var isInFile = memory!.IsInFile(copiesGiven);
        // In the ring they end where it does.
        var limit = Math.Min(Math.Min(waiting, CopiedPages), isInFile ? long.MaxValue : memory.RingPages - (copiesGiven % memory.RingPages));
        var wanted = 1;
        while (wanted < limit && memory.IsInFile(copiesGiven + wanted) == isInFile && memory.Copied(copiesGiven + wanted) == new PageAddress(first.BlockIndex, first.PageIndex + wanted)) wanted++;
        var source = isInFile ? ReadCopies(wanted) : memory.PlaceOf(copiesGiven);
        var isZero = IsZero(source);
        var count = 1;
        while (count < wanted && IsZero(source + ((nint)count * RamBlock.PageSize)) == isZero) count++;
        var bytes = isInFile ? buffer.Slice(0, count * RamBlock.PageSize) : memory.BytesOf(copiesGiven, count);
        copiesGiven += count;
        given += count;
        return isZero ? PageRun.Zero(count) : PageRun.Scanned(bytes);
    }

    private nint ReadCopies(int pages)
    {
        const long PunchedPages = 1024;
        // What was given needs no room any more.
        if (copiesGiven - punched >= PunchedPages && copies!.TryPunchHole(punched * RamBlock.PageSize, (copiesGiven - punched) * RamBlock.PageSize)) punched = copiesGiven;
        var span = buffer.Slice(0, pages * RamBlock.PageSize);
        if (copies!.Read(span, copiesGiven * RamBlock.PageSize) != span.Length) throw new IOException("a page that was copied for the snapshot is gone");
        return buffer.Address;
    }

    private bool TryNextInOrder(out PageAddress first, out PageRun run)
    {
        for (; cursor.Block < ram.Hosted.Count; cursor = (cursor.Block + 1, 0))
        {
            var block = ram.Hosted[cursor.Block];
            var pages = memory!.Blocks.PagesOf(cursor.Block);
            while ((cursor.Page = memory.NextUnclaimed(cursor.Block, cursor.Page)) < pages)
            {
                first = new PageAddress(cursor.Block, cursor.Page);
                if (Take(block, pages, out run) > 0) return true;
            }
            Release(block, 1);
            released = 0;
        }
        first = default;
        run = default;
        return false;
    }

    /// <summary>Pages that were never written to before the instant: claimed since then. Nothing is read, which would populate them.</summary>
    private bool TryNextEmpty(out PageAddress first, out PageRun run)
    {
        for (; emptyCursor.Block < ram.Hosted.Count; emptyCursor = (emptyCursor.Block + 1, 0))
        {
            var (from, end) = populated.NextEmpty(emptyCursor.Block, emptyCursor.Page);
            if (from == end) continue;
            var count = (int)Math.Min(ZeroPages, end - from);
            first = new PageAddress(emptyCursor.Block, from);
            run = PageRun.Zero(count);
            emptyCursor.Page = from + count;
            given += count;
            return true;
        }
        first = default;
        run = default;
        return false;
    }

    private int Take(HostedRamBlock block, long pages, out PageRun run)
    {
        var limit = (int)Math.Min(CopiedPages, pages - cursor.Page);
        var wanted = 1;
        while (wanted < limit && !populated.IsEmpty(block.Index, cursor.Page + wanted)) wanted++;
        NativeCopy.Copy(buffer.Address, block.Address + ((nint)cursor.Page * RamBlock.PageSize), (nint)wanted * RamBlock.PageSize);
        var isZero = IsZero(buffer.Address);
        var count = 0;
        // Claimed one by one after the copy: of a page that the pager was faster with, its copy counts.
        while (count < wanted && IsZero(buffer.Address + ((nint)count * RamBlock.PageSize)) == isZero && memory!.TryClaim(block.Index, cursor.Page + count)) count++;
        run = count == 0 ? default : isZero ? PageRun.Zero(count) : PageRun.Scanned(buffer.Slice(0, count * RamBlock.PageSize));
        Took(block, count);
        return count;
    }

    private void Took(HostedRamBlock block, int count)
    {
        // None: the pager has this one.
        cursor.Page += Math.Max(1, count);
        given += count;
        Release(block, ReleasedPages);
    }

    /// <summary>
    /// Lets writes through to the pages before this one, when there are so many of them: all have a copy, or will when the pager comes to read this order, for it
    /// makes none meanwhile.
    /// </summary>
    private void Release(HostedRamBlock block, long least)
    {
        // The kernel lets whole pages of the host go.
        var unit = memory!.UnitOf(block.Index);
        var pages = (cursor.Page / unit * unit) - released;
        if (pages < least) return;
        try
        {
            Release(block.Index, released, pages);
        }
        catch (LinuxException gone)
        {
            throw Lost(gone);
        }
        released += pages;
    }

    private void AskPager()
    {
        Span<byte> answer = stackalloc byte[1];
        try
        {
            Release(PagerService.Question, 0, 0);
            if (Descriptor.Read(pager!.Control, answer, PagerContract.Name) == 1) return;
        }
        catch (LinuxException gone)
        {
            throw Lost(gone);
        }
        throw Lost(null);
    }

    private void Release(int block, long first, long pages)
    {
        Span<byte> order = stackalloc byte[PagerService.OrderBytes];
        BitConverter.TryWriteBytes(order, (long)block);
        BitConverter.TryWriteBytes(order[8..], first);
        BitConverter.TryWriteBytes(order[16..], pages);
        pager!.Tell(order);
    }

    private void DemandPager()
    {
        if (!pager!.IsAlive) throw Lost(null);
    }

    private IOException Lost(Exception? cause) => memory!.Failure is var error and > 0
        ? new IOException($"the snapshot is lost: a page could not be copied: {new LinuxException(error, "pwrite", "copies").Message}", cause)
        : new IOException("the snapshot is lost: its pager ended", cause);

    private bool IsZero(nint page) => NativeCompare.AreEqual(page, zeros.Address, RamBlock.PageSize);

    // Never found by anybody: the name is gone before a byte is in it.
    private static LinuxFile OpenCopies(string folder)
    {
        var path = Path.Combine(folder, $"savevm-copies-{Guid.NewGuid():N}");
        var handle = Descriptor.Open(path, FileAccess.ReadWrite, OpenOptions.Create | OpenOptions.Exclusive);
        File.Delete(path);
        return new LinuxFile(handle, path);
    }
}
