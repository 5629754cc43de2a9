namespace Savevm.VMState.Descriptions;

/// <summary>A kind of field with QEMU's name for it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="TypeName">What QEMU's description calls it; empty where the field itself has the name.</param>
/// <param name="Bytes">Bytes of one value; 0 where it has no fixed number.</param>
internal sealed record VMStateFieldKindRow(VMStateFieldKind Kind, string TypeName, int Bytes);
