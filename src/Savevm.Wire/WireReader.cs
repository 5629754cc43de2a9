using System.Buffers.Binary;

namespace Savevm.Wire;

/// <summary>
/// Reads big-endian fields from a window of a stream. A read that the window does not hold returns false and
/// leaves the position where it was. The window belongs to the caller; spans handed out point into it.
/// </summary>
/// <param name="window">The bytes at hand.</param>
/// <param name="offset">Offset of the window's first byte in the stream.</param>
public ref struct WireReader(ReadOnlySpan<byte> window, long offset)
{
    private readonly ReadOnlySpan<byte> _window = window;

    /// <summary>Bytes of the window that were read.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes of the window that are left.</summary>
    public readonly int Remaining => _window.Length - Position;

    /// <summary>Offset in the stream of the next byte.</summary>
    public readonly long Offset => offset + Position;

    /// <summary>Reads one byte.</summary>
    public bool TryReadByte(out byte value)
    {
        if (Remaining < 1)
        {
            value = 0;
            return false;
        }
        value = _window[Position++];
        return true;
    }

    /// <summary>Reads a be16.</summary>
    public bool TryReadUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(_window[Position..], out value))
            return false;
        Position += sizeof(ushort);
        return true;
    }

    /// <summary>Reads a be32.</summary>
    public bool TryReadUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(_window[Position..], out value))
            return false;
        Position += sizeof(uint);
        return true;
    }

    /// <summary>Reads a be64.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64BigEndian(_window[Position..], out value))
            return false;
        Position += sizeof(ulong);
        return true;
    }

    /// <summary>Reads a length byte and that many bytes. The contents are not checked.</summary>
    public bool TryReadCountedString(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (Remaining < 1 || Remaining - 1 < _window[Position])
            return false;
        value = _window.Slice(Position + 1, _window[Position]);
        Position += 1 + value.Length;
        return true;
    }

    /// <summary>Reads <paramref name="count"/> bytes.</summary>
    public bool TryReadBytes(int count, out ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        value = default;
        if (Remaining < count)
            return false;
        value = _window.Slice(Position, count);
        Position += count;
        return true;
    }
}
