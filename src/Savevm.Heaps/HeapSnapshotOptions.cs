using Savevm.Hosting.Paging;

namespace Savevm.Heaps;

/// <summary>How a heap is saved.</summary>
public sealed record HeapSnapshotOptions
{
    /// <summary>
    /// The instant: called once, when everything is prepared, to bring those to a stand who write; they go on when what it returned is disposed of, a
    /// few milliseconds for each gigabyte later, on the same thread. The image holds every write from before, and none from after. Null where
    /// nobody need be waited for, because each word that is written is consistent by itself.
    /// </summary>
    public Func<IDisposable>? Pause { get; init; }

    /// <summary>Told now and then how far it is, on the thread that saves.</summary>
    public IProgress<HeapSnapshotProgress>? Progress { get; init; }

    /// <summary>
    /// The image is on the disk before it takes the place of the one that was there. Without it a crash of the host, not one of this process, can cost
    /// both of them.
    /// </summary>
    public bool Flush { get; init; } = true;

    /// <summary>The process that serves write faults.</summary>
    public PagerOptions Pager { get; init; } = new();
}
