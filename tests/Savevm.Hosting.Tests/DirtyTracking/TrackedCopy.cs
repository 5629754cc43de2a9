using Savevm.Hosting.Ram;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Tests.DirtyTracking;

/// <summary>
/// The slow, obvious twin of a tracker: a copy of all RAM, made once, into which then only those pages are copied that a collection told of. It
/// equals the RAM when nobody writes, or the tracker lost a write.
/// </summary>
internal sealed unsafe class TrackedCopy : IDisposable
{
    private readonly GuestRam ram;
    private readonly IDirtyTracker tracker;
    private readonly NativeBuffer[] copies;
    private readonly PageBitmap[] dirty;

    internal TrackedCopy(GuestRam ram, IDirtyTracker tracker)
    {
        this.ram = ram;
        this.tracker = tracker;
        copies = [.. ram.Hosted.Select(block => new NativeBuffer((nint)Math.Max(block.UsedLength, 1)))];
        dirty = [.. ram.Blocks.Select(block => new PageBitmap(block.PageCount))];
        tracker.Start();
        foreach (var block in ram.Hosted) NativeCopy.Copy(copies[block.Index].Address, block.Address, (nint)block.UsedLength);
    }

    /// <summary>How many pages were told of so far.</summary>
    internal long PagesTold { get; private set; }

    /// <summary>Collects all blocks in ranges whose ends chance chooses, then copies what is dirty.</summary>
    internal void Round(Random random)
    {
        foreach (var block in ram.Blocks)
        {
            for (long first = 0; first < block.PageCount;)
            {
                var count = Math.Min(block.PageCount - first, random.Next(4) == 0 ? random.NextInt64(1, 200) : block.PageCount);
                PagesTold += tracker.Collect(block.Index, first, count, dirty[block.Index]);
                first += count;
            }
            for (var page = dirty[block.Index].NextSet(0); page < block.PageCount; page = dirty[block.Index].NextSet(page + 1))
            {
                dirty[block.Index].Clear(page);
                var offset = (nint)page * RamBlock.PageSize;
                NativeCopy.Copy(copies[block.Index].Address + offset, ram.Hosted[block.Index].Address + offset, RamBlock.PageSize);
            }
        }
    }

    /// <summary>Fails, naming the first page that is not as in RAM.</summary>
    internal void AssertEqual(string when)
    {
        foreach (var block in ram.Hosted)
        {
            if (NativeCompare.AreEqual(copies[block.Index].Address, block.Address, (nint)block.UsedLength)) continue;
            for (nint offset = 0; offset < block.UsedLength; offset += RamBlock.PageSize)
            {
                if (!NativeCompare.AreEqual(copies[block.Index].Address + offset, block.Address + offset, RamBlock.PageSize))
                    Assert.Fail($"{when}: a write to page {offset / RamBlock.PageSize} of {block.IdStr} was lost");
            }
        }
    }

    public void Dispose()
    {
        tracker.Stop();
        foreach (var copy in copies) copy.Dispose();
    }
}
