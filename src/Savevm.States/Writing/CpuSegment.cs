namespace Savevm.States.Writing;

/// <summary>A segment register with what the processor keeps of its descriptor.</summary>
/// <param name="Selector">The selector.</param>
/// <param name="Limit">The limit, in bytes.</param>
/// <param name="Flags">The descriptor's second word, as QEMU keeps it.</param>
/// <param name="Base">The first address.</param>
public readonly record struct CpuSegment(uint Selector, uint Limit, uint Flags, ulong Base);
