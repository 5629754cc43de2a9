namespace Savevm.Wire.Iterable;

/// <summary>One live device of the table.</summary>
/// <param name="Kind">Format of its bodies.</param>
/// <param name="IdStr">Its idstr, or the end of it.</param>
/// <param name="HasPath">A path and a slash stand before it.</param>
/// <param name="Version">The only version there is.</param>
public sealed record IterableRow(IterableKind Kind, string IdStr, bool HasPath, uint Version);
