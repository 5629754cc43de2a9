namespace Savevm.Wire.Ram;

/// <summary>One primary flag of the table.</summary>
/// <param name="Flag">The bit.</param>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="Kind">The record it makes.</param>
/// <param name="NamesPage">The word's upper bits address a page, and without CONTINUE the block's name follows.</param>
public sealed record RamFlagRow(RamFlags Flag, string Name, RamRecordKind Kind, bool NamesPage);
