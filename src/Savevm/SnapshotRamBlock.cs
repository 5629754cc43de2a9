namespace Savevm;

/// <summary>A RAM block of a snapshot.</summary>
/// <param name="Name">Its name, QEMU's idstr, such as <c>pc.ram</c>.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="DataBytes">Bytes of it that are stored, holes not counted.</param>
public sealed record SnapshotRamBlock(string Name, long Bytes, long DataBytes);
