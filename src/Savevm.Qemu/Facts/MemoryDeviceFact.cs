namespace Savevm.Qemu.Facts;

/// <summary>A memory module of a live QEMU: a DIMM, or what is plugged like one.</summary>
/// <param name="Id">Its id; null where it has none.</param>
/// <param name="Kind">Its kind as QEMU says it: <c>dimm</c>, <c>nvdimm</c>, <c>virtio-mem</c> …</param>
/// <param name="Slot">The slot it sits in; null for one that has none.</param>
/// <param name="Address">Its place in guest memory.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Backend">The id of its memory backend.</param>
public sealed record MemoryDeviceFact(string? Id, string Kind, long? Slot, long Address, long Bytes, string Backend);
