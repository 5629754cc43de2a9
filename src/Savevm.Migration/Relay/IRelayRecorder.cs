using Savevm.Wire.Channels;
using Savevm.Wire.Recordings;

namespace Savevm.Migration.Relay;

/// <summary>Writes down what passes through a relay, as the source's side of the conversation sees it. Called from any thread, also at once.</summary>
public interface IRelayRecorder
{
    /// <summary>The source opened a connection, which has this number from now on.</summary>
    void Opened(int channel);

    /// <summary>The first bytes of a connection told what it is.</summary>
    void Told(int channel, ChannelKind kind);

    /// <summary>Bytes passed.</summary>
    /// <param name="channel">Which connection.</param>
    /// <param name="isForward">They come from the source.</param>
    /// <param name="bytes">The bytes; valid during the call.</param>
    void Passed(int channel, bool isForward, ReadOnlySpan<byte> bytes);

    /// <summary>One direction ended, or the connection broke.</summary>
    void Closed(int channel, RecordingClosing how);
}
