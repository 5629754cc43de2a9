using Savevm.Hosting.Ram;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.DirtyTracking;

/// <summary>
/// Tracks a machine all of whose stores pass through <see cref="GuestMemory"/>: the accessor notes each in a bitmap. Needs nothing of the
/// kernel. A store that goes past the accessor is lost.
/// </summary>
/// <remarks>
/// The accessor writes, then looks whether the bit is set already, and sets it only if not; no fence stands between. So a processor may
/// look before its write has left it: it sees the bit of an earlier write, we take that bit and read the page, and the write comes after.
/// The collector therefore makes every processor of this process pass a barrier after it has taken bits: whoever saw a bit that is gone now
/// has finished the write before it, and the page is read after that. Writers pay a read and a branch; the collector pays once for a
/// collection.
/// </remarks>
public sealed class SoftwareTracker(GuestRam ram) : IDirtyTracker
{
    /// <inheritdoc/>
    public string Name => DirtyTrackerTable.Software;

    /// <inheritdoc/>
    public bool IsTracking { get; private set; }

    /// <inheritdoc/>
    public void Start()
    {
        ram.BeginTracking(everyWrite: true);
        IsTracking = true;
    }

    /// <inheritdoc/>
    public long Collect(int blockIndex, long firstPage, long pageCount, PageBitmap dirty)
    {
        if (!IsTracking) throw new InvalidOperationException("This tracker does not track.");
        var changed = ram.Hosted[blockIndex].ChangeLog!.MoveRange(firstPage, pageCount, dirty);
        Interlocked.MemoryBarrierProcessWide();
        return changed;
    }

    /// <inheritdoc/>
    public void Stop()
    {
        if (!IsTracking) return;
        IsTracking = false;
        ram.EndTracking();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();
}
