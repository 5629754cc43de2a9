namespace Savevm;

/// <summary>Something about a snapshot that is not what was saved.</summary>
/// <param name="Item">What: a file or a RAM block.</param>
/// <param name="Offset">The byte offset in it; null when it concerns the whole.</param>
/// <param name="Reason">What does not agree, in a sentence fragment.</param>
public sealed record SnapshotDefect(string Item, long? Offset, string Reason);
