namespace Savevm.Wire.Colo;

/// <summary>One message of the table.</summary>
/// <param name="Type">Its number.</param>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="IsFromPrimary">The primary (source) sends it; otherwise the secondary.</param>
/// <param name="HasValue">A be64 follows.</param>
public sealed record ColoMessageRow(ColoMessageType Type, string Name, bool IsFromPrimary, bool HasValue);
