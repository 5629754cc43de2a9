using System.Buffers.Binary;

namespace Savevm.Machine.Live;

/// <summary>What a live loader reads: the bytes of its section, as they arrive. Valid during one call.</summary>
public abstract class LiveInput
{
    /// <summary>Offset of the next byte in the stream, for messages.</summary>
    public abstract long Offset { get; }

    /// <summary>Fills the buffer; waits until so many bytes have arrived.</summary>
    /// <exception cref="IOException">The stream ends before.</exception>
    public abstract void Read(Span<byte> buffer);

    /// <summary>As far as this loader is concerned, the machine may be stopped. Said once; again does nothing.</summary>
    public abstract void ApproveSwitchover();

    /// <summary>A byte.</summary>
    public byte ReadByte()
    {
        Span<byte> bytes = stackalloc byte[1];
        Read(bytes);
        return bytes[0];
    }

    /// <summary>Two bytes, the highest first.</summary>
    public ushort ReadUInt16()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    /// <summary>Four bytes, the highest first.</summary>
    public uint ReadUInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>Eight bytes, the highest first.</summary>
    public ulong ReadUInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
