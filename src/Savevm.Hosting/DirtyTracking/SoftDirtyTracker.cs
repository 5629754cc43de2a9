using Savevm.Hosting.Ram;
using Savevm.Linux.Pagemap;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.DirtyTracking;

/// <summary>
/// Tracks by the soft-dirty bits of the page tables, for kernels before 6.7. Two things make it the last choice. The bits are cleared for
/// the whole process, so whoever else uses them in this process is disturbed, and each collection, of however few pages, reads the bits of all
/// blocks. And reading and clearing are two steps: a page that is written to in between would be lost, so writers are paused for both.
/// </summary>
/// <remarks>Private memory only: the kernel forgets the bit of a page of a file, or of shared memory, that it takes out of the page tables.</remarks>
public sealed class SoftDirtyTracker(GuestRam ram, IWriterPause pause) : IDirtyTracker
{
    private const int WordsOfRead = 4096;

    private readonly ulong[] words = new ulong[WordsOfRead];
    private PagemapFile? pagemap;

    /// <inheritdoc/>
    public string Name => DirtyTrackerTable.SoftDirty;

    /// <inheritdoc/>
    public bool IsTracking => pagemap is not null;

    /// <summary>Why a machine's memory cannot be tracked so; null when it can.</summary>
    public static string? Refusal(GuestRam ram)
    {
        ArgumentNullException.ThrowIfNull(ram);
        var shared = ram.Hosted.FirstOrDefault(block => block.Layout.Backing.IsShared);
        return shared is null ? null : $"RAM block {shared.IdStr} is shared memory, whose soft-dirty bits the kernel may forget";
    }

    /// <inheritdoc/>
    public void Start()
    {
        if (Refusal(ram) is { } refusal) throw new MachineRefusedException(refusal);
        ram.BeginTracking(everyWrite: false);
        try
        {
            pagemap = PagemapFile.Open();
            SoftDirtyBits.ClearAll();
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
        GuestRam.CheckRange(ram.Hosted[blockIndex], firstPage, pageCount);
        pause.Pause();
        try
        {
            foreach (var block in ram.Hosted) ReadBits(pagemap, block);
            SoftDirtyBits.ClearAll();
        }
        finally
        {
            pause.Resume();
        }
        return ram.Hosted[blockIndex].ChangeLog!.MoveRange(firstPage, pageCount, dirty);
    }

    /// <inheritdoc/>
    public void Stop()
    {
        if (IsTracking) End();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    // The bits of all blocks go to their logs, since clearing takes all of them; a later collection finds them there.
    private void ReadBits(PagemapFile file, HostedRamBlock block)
    {
        var log = block.ChangeLog!;
        var targetPages = block.HostPageSize / RamBlock.PageSize;
        var hostPages = (block.UsedLength + block.HostPageSize - 1) / block.HostPageSize;
        for (long page = 0; page < hostPages;)
        {
            var part = words.AsSpan(0, (int)Math.Min(WordsOfRead, hostPages - page));
            file.ReadWords(block.Address + ((nint)page * block.HostPageSize), part);
            for (var index = 0; index < part.Length; index++)
            {
                if ((part[index] & PagemapFile.SoftDirtyBit) == 0) continue;
                var first = (page + index) * targetPages;
                log.SetRange(first, Math.Min(targetPages, log.PageCount - first));
            }
            page += part.Length;
        }
    }

    private void End()
    {
        pagemap?.Dispose();
        pagemap = null;
        ram.EndTracking();
    }
}
