using System.Buffers.Binary;

namespace Savevm.Wire;

/// <summary>
/// Collects big-endian fields in memory that grows. For the control plane: headers, commands, device sections, messages.
/// Not for several threads at once.
/// </summary>
public sealed class WireWriter
{
    private byte[] _buffer;

    /// <summary>Makes an empty writer.</summary>
    /// <param name="initialCapacity">Bytes reserved at once.</param>
    public WireWriter(int initialCapacity = 256)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialCapacity);
        _buffer = new byte[initialCapacity];
    }

    /// <summary>Number of bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes written. Valid until the next write or <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, Length);

    /// <summary>The bytes written. Valid until the next write or <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, Length);

    /// <summary>Forgets what was written and keeps the memory.</summary>
    public void Clear() => Length = 0;

    /// <summary>Makes room for bytes that the caller fills at once, without a copy. Valid until the next write.</summary>
    /// <param name="count">Number of bytes, not negative.</param>
    /// <returns>Memory that may hold anything.</returns>
    public Span<byte> Reserve(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int start = Length;
        if (count > _buffer.Length - start)
            Grow(count);
        Length = start + count;
        return _buffer.AsSpan(start, count);
    }

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value) => Reserve(1)[0] = value;

    /// <summary>Writes a be16.</summary>
    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(sizeof(ushort)), value);

    /// <summary>Writes a be32.</summary>
    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(sizeof(uint)), value);

    /// <summary>Writes a be64.</summary>
    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Reserve(sizeof(ulong)), value);

    /// <summary>Writes bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>Writes a length byte and the bytes.</summary>
    /// <exception cref="ArgumentException">More than 255 bytes.</exception>
    public void WriteCountedString(ReadOnlySpan<byte> value)
    {
        if (value.Length > WireLimits.MaxIdStrBytes)
            throw new ArgumentException($"A counted string of {value.Length} bytes.", nameof(value));
        WriteByte((byte)value.Length);
        WriteBytes(value);
    }

    /// <summary>Writes a name as a counted string.</summary>
    /// <exception cref="ArgumentException">Not 1 to 255 bytes of printable ASCII.</exception>
    public void WriteCountedString(string name) =>
        WriteCountedString(WireText.ToBytes(name, WireLimits.MaxIdStrBytes, nameof(name)));

    private void Grow(int count)
    {
        long needed = (long)Length + count;
        if (needed > Array.MaxLength)
            throw new InvalidOperationException($"A writer of {needed} bytes.");
        Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _buffer.Length)));
    }
}
