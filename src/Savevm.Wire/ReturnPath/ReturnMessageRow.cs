namespace Savevm.Wire.ReturnPath;

/// <summary>One message of the table.</summary>
/// <param name="Type">Its number.</param>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="MinLength">Shortest payload, in bytes.</param>
/// <param name="MaxLength">Longest payload, in bytes.</param>
public sealed record ReturnMessageRow(ReturnMessageType Type, string Name, int MinLength, int MaxLength);
