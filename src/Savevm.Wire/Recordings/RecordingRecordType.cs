namespace Savevm.Wire.Recordings;

/// <summary>What a record of a migration recording tells.</summary>
public enum RecordingRecordType : byte
{
    /// <summary>The source opened a connection.</summary>
    Opened = 1,

    /// <summary>The first bytes of a connection told what it is; <see cref="RecordingRecord.Detail"/> is a <see cref="Channels.ChannelKind"/>.</summary>
    Told = 2,

    /// <summary>Bytes from the source.</summary>
    Forward = 3,

    /// <summary>Bytes from the destination.</summary>
    Backward = 4,

    /// <summary>One direction ended, or the connection broke; <see cref="RecordingRecord.Detail"/> is a <see cref="RecordingClosing"/>.</summary>
    Closed = 5,

    /// <summary>The migration was over and nothing is missing. The last record.</summary>
    End = 6,
}
