namespace Savevm.Wire.Forward;

/// <summary>Some bytes of a RAM block.</summary>
/// <param name="Start">Offset in the block, in bytes.</param>
/// <param name="Length">Number of bytes.</param>
public readonly record struct RamRange(ulong Start, ulong Length);
