using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>A readable form.</summary>
/// <param name="Applies">Whether a node has this form.</param>
/// <param name="Write">Writes it.</param>
internal sealed record DisplayRow(Func<DecodedNode, bool> Applies, Action<DecodedNode, DisplayWriter> Write);
