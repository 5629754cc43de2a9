namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>A kind of field that QEMU writes by hand-made code.</summary>
/// <param name="Type">QEMU's name for it.</param>
/// <param name="Read">Takes it apart. What it leaves, or a cursor that failed, means that the bytes are something else.</param>
internal sealed record OpaqueRow(string Type, Action<OpaqueCursor> Read);
