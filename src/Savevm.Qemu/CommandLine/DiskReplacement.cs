namespace Savevm.Qemu.CommandLine;

/// <summary>What stands in the place of a disk of the recorded command line.</summary>
/// <param name="Anchor">The disk.</param>
/// <param name="Path">The image or device; null for a drive without a medium.</param>
/// <param name="Driver">Its format: <c>qcow2</c> for an overlay.</param>
/// <param name="IsReadOnly">The guest cannot write to it.</param>
/// <param name="CoveredNodes">Nodes of the command line that only brought the old contents: they are left out.</param>
public sealed record DiskReplacement(DiskAnchor Anchor, string? Path, string Driver, bool IsReadOnly, IReadOnlyList<string> CoveredNodes);
