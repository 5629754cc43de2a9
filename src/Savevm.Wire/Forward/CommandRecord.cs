using System.Buffers.Binary;

namespace Savevm.Wire.Forward;

/// <summary>A command with its payload. The length was checked against <see cref="CommandTable"/>.</summary>
/// <param name="Type">Which command.</param>
/// <param name="Payload">Its payload; owned by the record.</param>
public sealed record CommandRecord(CommandType Type, byte[] Payload)
{
    /// <summary>The value of a PING or the length of a PACKAGED stream.</summary>
    /// <exception cref="InvalidOperationException">The payload of this command is not a be32.</exception>
    public uint Value => Payload.Length == sizeof(uint)
        ? BinaryPrimitives.ReadUInt32BigEndian(Payload)
        : throw new InvalidOperationException($"{Type} carries no single value.");

    /// <summary>The block that RECV_BITMAP names.</summary>
    /// <exception cref="InvalidOperationException">Another command.</exception>
    public string BlockName => Type == CommandType.RecvBitmap
        ? WireText.ToText(Payload.AsSpan(1))
        : throw new InvalidOperationException($"{Type} names no block.");
}
