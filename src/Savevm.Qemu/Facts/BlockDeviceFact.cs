namespace Savevm.Qemu.Facts;

/// <summary>A disk of a live QEMU.</summary>
/// <param name="Device">The drive's name, or the device's path where it has none.</param>
/// <param name="Node">The name of the block node under it.</param>
/// <param name="File">The image, as QEMU names it.</param>
/// <param name="Driver">Its format.</param>
/// <param name="IsReadOnly">The guest cannot write to it.</param>
/// <param name="BackingFile">The image below it; null where there is none.</param>
public sealed record BlockDeviceFact(string Device, string Node, string File, string Driver, bool IsReadOnly, string? BackingFile);
