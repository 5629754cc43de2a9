using System.Buffers.Binary;

namespace Savevm.Wire.Colo;

/// <summary>One message of COLO: a be32, and a be64 behind VMSTATE_SIZE. There is no frame around it.</summary>
/// <param name="Type">Which message.</param>
/// <param name="Value">Bytes of the devices' state that follows VMSTATE_SIZE; 0 otherwise.</param>
public readonly record struct ColoMessage(ColoMessageType Type, ulong Value = 0)
{
    /// <summary>Reads the next message.</summary>
    /// <param name="window">Bytes from the message on.</param>
    /// <param name="offset">Offset of the window in the connection.</param>
    /// <param name="fromPrimary">The window comes from the primary.</param>
    /// <param name="message">The message.</param>
    /// <param name="consumed">Bytes of the message.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">An unknown message, one that only the other side sends, a state over its limit.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, bool fromPrimary, out ColoMessage message, out int consumed)
    {
        message = default;
        consumed = 0;
        if (!BinaryPrimitives.TryReadUInt32BigEndian(window, out uint number))
            return false;
        ColoMessageRow row = ColoMessageTable.Find((ColoMessageType)number)
            ?? throw new WireException(offset, $"unknown COLO message {number}");
        if (row.IsFromPrimary != fromPrimary)
            throw new WireException(offset, $"COLO message {row.Name} from the {(fromPrimary ? "primary" : "secondary")}");
        ulong value = 0;
        if (row.HasValue)
        {
            if (!BinaryPrimitives.TryReadUInt64BigEndian(window[sizeof(uint)..], out value))
                return false;
            if (value is 0 or > WireLimits.MaxColoStateBytes)
                throw new WireException(offset + sizeof(uint), $"device state of {value} bytes");
            consumed = sizeof(ulong);
        }
        message = new ColoMessage(row.Type, value);
        consumed += sizeof(uint);
        return true;
    }

    /// <summary>Writes the message.</summary>
    /// <exception cref="InvalidOperationException">There is no such message, or not with this value.</exception>
    public void Write(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (ColoMessageTable.Find(Type) is not { } row || row.HasValue != (Value > 0) || Value > WireLimits.MaxColoStateBytes)
            throw new InvalidOperationException($"COLO message {Type} with value {Value}.");
        writer.WriteUInt32((uint)Type);
        if (row.HasValue)
            writer.WriteUInt64(Value);
    }
}
