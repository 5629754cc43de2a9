namespace Savevm.Heaps;

/// <summary>How far a snapshot is.</summary>
/// <param name="SavedBytes">Bytes of the regions that are done.</param>
/// <param name="TotalBytes">Bytes of all regions.</param>
public readonly record struct HeapSnapshotProgress(long SavedBytes, long TotalBytes);
