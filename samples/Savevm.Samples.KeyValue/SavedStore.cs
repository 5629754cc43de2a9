using Savevm.Heaps;
using Savevm.Heaps.Regions;
using Savevm.Samples.KeyValue.Store;

namespace Savevm.Samples.KeyValue;

/// <summary>A store that comes back from its file, and is saved to it while everybody goes on writing.</summary>
internal sealed class SavedStore : IDisposable
{
    private readonly string path;
    private readonly NativeHeap heap;

    public SavedStore(string path, long bytes)
    {
        this.path = path;
        IsLoaded = File.Exists(path);
        heap = IsLoaded ? NativeHeap.Resume(path) : new NativeHeap([new HeapRegionLayout("head", 4096), new HeapRegionLayout("slots", bytes)]);
        Store = new KeyValueStore(heap["head"], heap["slots"]);
    }

    public KeyValueStore Store { get; }

    public bool IsLoaded { get; }

    /// <summary>Saves it as it is when the writers stand still, which is for a moment. Killed at any time, this program finds the image before it, whole.</summary>
    public Task<HeapSnapshotResult> SaveAsync(CancellationToken cancellationToken) =>
        heap.SaveAsync(path, new HeapSnapshotOptions { Pause = Store.Pause }, cancellationToken);

    public void Dispose() => heap.Dispose();
}
