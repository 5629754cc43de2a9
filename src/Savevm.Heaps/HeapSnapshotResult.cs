namespace Savevm.Heaps;

/// <summary>A heap that was saved.</summary>
/// <param name="Number">Which snapshot of this heap it is, from 1 on; a heap that was loaded counts on.</param>
/// <param name="Pause">How long writers were kept at a stand.</param>
/// <param name="Duration">How long it took, to the last byte on the disk.</param>
/// <param name="WrittenBytes">Bytes that were written.</param>
/// <param name="PagesAhead">Pages that were copied because somebody wanted to write to them.</param>
public sealed record HeapSnapshotResult(ulong Number, TimeSpan Pause, TimeSpan Duration, long WrittenBytes, long PagesAhead);
