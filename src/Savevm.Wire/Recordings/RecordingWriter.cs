using System.Buffers.Binary;

namespace Savevm.Wire.Recordings;

/// <summary>Composes the elements of a migration recording; the bytes of a data record are written by the caller behind its head.</summary>
public static class RecordingWriter
{
    /// <summary>Bytes of the file's header.</summary>
    public const int HeaderBytes = RecordingFormat.HeaderBytes;

    /// <summary>Bytes of a record's head.</summary>
    public const int HeadBytes = RecordingFormat.HeadBytes;

    /// <summary>Writes the header of the file.</summary>
    /// <param name="destination">At least <see cref="HeaderBytes"/> bytes.</param>
    public static void WriteHeader(Span<byte> destination)
    {
        RecordingFormat.Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], RecordingFormat.Version);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], RecordingFormat.Check(destination[..12], default));
    }

    /// <summary>Writes the head of a record.</summary>
    /// <param name="destination">At least <see cref="HeadBytes"/> bytes.</param>
    /// <param name="type">What it tells.</param>
    /// <param name="detail">The kind of the channel or how it closed; 0 otherwise.</param>
    /// <param name="channel">Number of the connection.</param>
    /// <param name="time">Nanoseconds since the recording began.</param>
    /// <param name="bytes">What will follow the head; at most <see cref="WireLimits.MaxRecordedBytes"/>, empty but for data.</param>
    public static void WriteHead(
        Span<byte> destination, RecordingRecordType type, byte detail, ushort channel, ulong time, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, WireLimits.MaxRecordedBytes);
        destination[0] = (byte)type;
        destination[1] = detail;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], channel);
        BinaryPrimitives.WriteUInt64BigEndian(destination[4..], time);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], (uint)bytes.Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], RecordingFormat.Check(destination[..RecordingFormat.CheckedHeadBytes], bytes));
    }
}
