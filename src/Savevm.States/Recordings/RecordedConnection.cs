using Savevm.Wire.Channels;

namespace Savevm.States.Recordings;

/// <summary>One connection of a recorded migration.</summary>
/// <param name="Number">Its number, in the order in which they were opened.</param>
public sealed record RecordedConnection(int Number)
{
    /// <summary>What it carries, as its first bytes told.</summary>
    public ChannelKind Kind { get; internal set; }

    /// <summary>When it was opened, from the beginning of the recording.</summary>
    public TimeSpan Opened { get; internal set; }

    /// <summary>When the last byte passed.</summary>
    public TimeSpan Last { get; internal set; }

    /// <summary>Bytes from the source.</summary>
    public long ForwardBytes { get; internal set; }

    /// <summary>Bytes from the destination.</summary>
    public long BackwardBytes { get; internal set; }
}
