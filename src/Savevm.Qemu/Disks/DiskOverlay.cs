namespace Savevm.Qemu.Disks;

/// <summary>An overlay that is to be laid over a disk of a live QEMU.</summary>
/// <param name="Disk">What a person would call the disk.</param>
/// <param name="Below">The node that it comes to stand on.</param>
/// <param name="Node">The name that its own node gets.</param>
/// <param name="Path">Its file: an empty qcow2 image that names what it stands on.</param>
public sealed record DiskOverlay(string Disk, BlockNode Below, string Node, string Path);
