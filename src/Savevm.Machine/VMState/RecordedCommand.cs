namespace Savevm.Machine.VMState;

/// <summary>A command that was seen on the main stream.</summary>
/// <param name="Command">The command's number on the wire.</param>
/// <param name="Payload">Its payload.</param>
public sealed record RecordedCommand(ushort Command, ReadOnlyMemory<byte> Payload);
