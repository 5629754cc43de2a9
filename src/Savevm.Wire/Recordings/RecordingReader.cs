using System.Buffers.Binary;

namespace Savevm.Wire.Recordings;

/// <summary>
/// Reads the elements of a migration recording. Each method looks at a window that begins with the element and returns false when the window
/// is too short. A recording that was cut off is readable up to the cut: its last window stays too short. Nothing is kept between calls.
/// </summary>
public static class RecordingReader
{
    /// <summary>The longest record with its head.</summary>
    public const int MaxRecordBytes = RecordingFormat.HeadBytes + WireLimits.MaxRecordedBytes;

    /// <summary>Whether a file begins as a recording does; false also when the window is too short to tell.</summary>
    public static bool IsRecording(ReadOnlySpan<byte> window) => window.StartsWith(RecordingFormat.Magic);

    /// <summary>Reads the header of the file.</summary>
    /// <param name="window">Bytes from the start of the file.</param>
    /// <param name="offset">Offset of the window in the file.</param>
    /// <param name="consumed">Bytes of the header.</param>
    /// <exception cref="WireException">Another magic or version, or the check sum does not fit.</exception>
    public static bool TryReadHeader(ReadOnlySpan<byte> window, long offset, out int consumed)
    {
        consumed = 0;
        int visible = Math.Min(window.Length, RecordingFormat.Magic.Length);
        if (!window[..visible].SequenceEqual(RecordingFormat.Magic[..visible]))
            throw new WireException(offset, "not a migration recording: the magic is not SVMRELAY");
        if (window.Length < RecordingFormat.HeaderBytes)
            return false;
        uint version = BinaryPrimitives.ReadUInt32BigEndian(window[8..]);
        if (version != RecordingFormat.Version)
            throw new WireException(offset + 8, $"unknown recording version {version}, expected {RecordingFormat.Version}");
        if (BinaryPrimitives.ReadUInt32BigEndian(window[12..]) != RecordingFormat.Check(window[..12], default))
            throw new WireException(offset + 12, "the check sum of the recording's header does not fit");
        consumed = RecordingFormat.HeaderBytes;
        return true;
    }

    /// <summary>Reads the next record.</summary>
    /// <param name="window">Bytes from the record on.</param>
    /// <param name="offset">Offset of the window in the file.</param>
    /// <param name="record">The record; its bytes point into <paramref name="window"/>.</param>
    /// <param name="consumed">Bytes of the record.</param>
    /// <exception cref="WireException">An unknown type, a length over the limit, a check sum that does not fit.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out RecordingRecord record, out int consumed)
    {
        record = default;
        consumed = 0;
        if (window.IsEmpty)
            return false;
        var type = (RecordingRecordType)window[0];
        if (type is < RecordingRecordType.Opened or > RecordingRecordType.End)
            throw new WireException(offset, $"record type {window[0]} of a recording");
        if (window.Length < RecordingFormat.HeadBytes)
            return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(window[12..]);
        bool isData = type is RecordingRecordType.Forward or RecordingRecordType.Backward;
        if (isData ? length is 0 or > WireLimits.MaxRecordedBytes : length != 0)
            throw new WireException(offset + 12, $"a record of type {type} with {length} bytes, the limit is {(isData ? WireLimits.MaxRecordedBytes : 0)}");
        if (window.Length - RecordingFormat.HeadBytes < length)
            return false;
        ReadOnlySpan<byte> bytes = window.Slice(RecordingFormat.HeadBytes, (int)length);
        if (BinaryPrimitives.ReadUInt32BigEndian(window[16..]) != RecordingFormat.Check(window[..RecordingFormat.CheckedHeadBytes], bytes))
            throw new WireException(offset + 16, "the check sum of a record does not fit");
        record = new RecordingRecord(
            type, window[1], BinaryPrimitives.ReadUInt16BigEndian(window[2..]), BinaryPrimitives.ReadUInt64BigEndian(window[4..]), bytes);
        consumed = RecordingFormat.HeadBytes + (int)length;
        return true;
    }
}
