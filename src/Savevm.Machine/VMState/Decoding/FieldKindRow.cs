using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding;

/// <summary>A kind of field.</summary>
/// <param name="Type">QEMU's name for it.</param>
/// <param name="Kind">How its bytes are to be read.</param>
/// <param name="ElementBytes">Bytes of one value; 0 where they depend on the field.</param>
internal sealed record FieldKindRow(string Type, ValueKind Kind, int ElementBytes);
