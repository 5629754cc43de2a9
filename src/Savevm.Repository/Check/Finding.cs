namespace Savevm.Repository.Check;

/// <summary>Something that a check found.</summary>
/// <param name="Item">The file it is about, or the snapshot's name.</param>
/// <param name="Offset">Byte offset in it, or -1 when it concerns the whole.</param>
/// <param name="Message">What is the matter, in a sentence.</param>
/// <param name="IsDamage">The snapshot is not what was saved; otherwise it is only a thing worth knowing.</param>
public sealed record Finding(string Item, long Offset, string Message, bool IsDamage);
