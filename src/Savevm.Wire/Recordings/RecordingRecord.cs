namespace Savevm.Wire.Recordings;

/// <summary>One record of a migration recording. Its bytes point into the window that was read.</summary>
public readonly ref struct RecordingRecord
{
    internal RecordingRecord(RecordingRecordType type, byte detail, ushort channel, ulong time, ReadOnlySpan<byte> bytes)
    {
        Type = type;
        Detail = detail;
        Channel = channel;
        Time = time;
        Bytes = bytes;
    }

    /// <summary>What it tells.</summary>
    public RecordingRecordType Type { get; }

    /// <summary>The kind of the channel or how it closed; 0 otherwise.</summary>
    public byte Detail { get; }

    /// <summary>Number of the connection, in the order in which they were opened; 0 in the last record.</summary>
    public ushort Channel { get; }

    /// <summary>Nanoseconds since the recording began; never less than in the record before.</summary>
    public ulong Time { get; }

    /// <summary>The bytes that passed; empty but for data.</summary>
    public ReadOnlySpan<byte> Bytes { get; }
}
