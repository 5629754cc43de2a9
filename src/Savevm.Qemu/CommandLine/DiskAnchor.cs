namespace Savevm.Qemu.CommandLine;

/// <summary>What a command line calls a disk: the name of a drive (<c>-drive</c> and its shorthands) or of a block node (<c>-blockdev</c>).</summary>
/// <param name="IsDrive">It is a drive's name.</param>
/// <param name="Name">The name; QEMU's own where the user gave none.</param>
public sealed record DiskAnchor(bool IsDrive, string Name);
