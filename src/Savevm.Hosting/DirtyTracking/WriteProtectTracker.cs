using Savevm.Hosting.Ram;
using Savevm.Linux.Pagemap;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.DirtyTracking;

/// <summary>
/// Tracks by userfaultfd's write protection in its asynchronous mode: the kernel lets a write to a protected page through and takes the
/// protection off; PAGEMAP_SCAN tells the pages without it and protects them again in one step. Sees every write of this process through
/// the mapping, by native code, managed code or a system call. No thread serves faults, and any user may do it.
/// </summary>
/// <remarks>
/// Not seen: another process that writes to a shared file, and hardware that writes to pages it has pinned (an O_DIRECT read that was
/// begun before a collection and ends after it). A read of a page that is not there may be told as a write.
/// </remarks>
public sealed class WriteProtectTracker(GuestRam ram) : IDirtyTracker
{
    // 12 KiB of stack; a call of the kernel for so many runs of dirty pages.
    private const int RegionsOfCall = 512;

    private FaultDescriptor? descriptor;
    private PagemapFile? pagemap;

    /// <inheritdoc/>
    public string Name => DirtyTrackerTable.WriteProtect;

    /// <inheritdoc/>
    public bool IsTracking => pagemap is not null;

    /// <summary>Bytes that the kernel protects at once; what a test makes larger than this host's pages.</summary>
    internal int Granularity { get; init; } = Environment.SystemPageSize;

    /// <inheritdoc/>
    public void Start()
    {
        ram.BeginTracking(everyWrite: false);
        try
        {
            descriptor = FaultDescriptor.Open(AsyncWriteProtectProbe.Needed, userModeOnly: true);
            foreach (var block in ram.Hosted.Where(block => block.UsedLength > 0))
            {
                var length = (nint)RoundUp(block.UsedLength);
                descriptor.Register(block.Address, length, UserfaultfdModes.WriteProtect);
                // Also what is not populated yet: otherwise a page that is discarded, table and all, looks like one never written to.
                descriptor.WriteProtect(block.Address, length, true);
            }
            pagemap = PagemapFile.Open();
        }
        catch
        {
            End();
            throw;
        }
    }

    /// <inheritdoc/>
    public long Collect(int blockIndex, long firstPage, long pageCount, PageBitmap dirty)
    {
        if (pagemap is null) throw new InvalidOperationException("This tracker does not track.");
        ArgumentNullException.ThrowIfNull(dirty);
        var block = ram.Hosted[blockIndex];
        GuestRam.CheckRange(block, firstPage, pageCount);
        if (pageCount == 0) return 0;
        var log = block.ChangeLog!;
        var first = block.Address + ((nint)firstPage * RamBlock.PageSize / Granularity * Granularity);
        var end = block.Address + (nint)RoundUp((firstPage + pageCount) * RamBlock.PageSize);
        Span<PagemapRegion> regions = stackalloc PagemapRegion[RegionsOfCall];
        long changed = 0;
        for (var at = first; at < end;)
        {
            var count = pagemap.TakeWritten(at, end, regions, out var walkEnd);
            foreach (var region in regions[..count])
            {
                var from = (long)((nint)region.Start - block.Address) / RamBlock.PageSize;
                var to = Math.Min((long)((nint)region.End - block.Address) / RamBlock.PageSize, dirty.PageCount);
                changed += Note(from, to, firstPage, firstPage + pageCount, dirty, log);
            }
            if (walkEnd <= at) throw new Linux.LinuxException(Linux.Errno.EINVAL, "PAGEMAP_SCAN", block.IdStr);
            at = walkEnd;
        }
        return changed + log.MoveRange(firstPage, pageCount, dirty);
    }

    /// <inheritdoc/>
    public void Stop()
    {
        if (IsTracking) End();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    /// <summary>
    /// A host page that reaches over the range was protected again as a whole. Its target pages outside of the range go to the log, where
    /// their own collection finds them.
    /// </summary>
    private static long Note(long from, long to, long first, long end, PageBitmap dirty, AtomicPageBitmap log)
    {
        if (from < first) log.SetRange(from, Math.Min(first, to) - from);
        if (to > end) log.SetRange(Math.Max(end, from), to - Math.Max(end, from));
        var (begin, stop) = (Math.Max(from, first), Math.Min(to, end));
        return begin < stop ? dirty.SetRange(begin, stop - begin) : 0;
    }

    private long RoundUp(long length) => (length + Granularity - 1) / Granularity * Granularity;

    private void End()
    {
        pagemap?.Dispose();
        // Closing does the same, but a child that is being started may hold a copy of the descriptor for a moment.
        foreach (var block in ram.Hosted.Where(block => descriptor is not null && block.UsedLength > 0))
        {
            try
            {
                descriptor!.Unregister(block.Address, (nint)RoundUp(block.UsedLength));
            }
            catch (Linux.LinuxException)
            {
                // It was not registered: the start failed before it.
            }
        }
        descriptor?.Dispose();
        (pagemap, descriptor) = (null, null);
        ram.EndTracking();
    }
}
