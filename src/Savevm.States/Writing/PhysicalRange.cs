namespace Savevm.States.Writing;

/// <summary>Where a part of a RAM block lies in the guest's physical memory.</summary>
/// <param name="Address">Guest physical address of its first byte.</param>
/// <param name="BlockIndex">The block.</param>
/// <param name="BlockOffset">Offset in the block of the first byte.</param>
/// <param name="Length">Bytes; a multiple of the page size, like all of these.</param>
public readonly record struct PhysicalRange(long Address, int BlockIndex, long BlockOffset, long Length);
