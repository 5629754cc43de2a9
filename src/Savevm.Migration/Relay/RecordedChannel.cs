using Savevm.Transport;
using Savevm.Wire.Channels;
using Savevm.Wire.Recordings;

namespace Savevm.Migration.Relay;

/// <summary>The source's end of a connection, of which everything that passes is written down.</summary>
/// <param name="inner">The channel; disposed with this one.</param>
/// <param name="number">Its number.</param>
/// <param name="recorder">Who writes.</param>
internal sealed class RecordedChannel(IByteChannel inner, int number, IRelayRecorder recorder) : IByteChannel
{
    private byte[] first = [];
    private bool isTold;

    public string Name => inner.Name;

    public bool IsBidirectional => inner.IsBidirectional;

    public int Read(Span<byte> buffer)
    {
        try
        {
            var count = inner.Read(buffer);
            if (count == 0) recorder.Closed(number, RecordingClosing.BySource);
            else Note(buffer[..count]);
            return count;
        }
        catch (IOException)
        {
            recorder.Closed(number, RecordingClosing.Broken);
            throw;
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        // Before it is written: what the destination said is part of the recording also when the source is gone.
        recorder.Passed(number, isForward: false, bytes);
        inner.Write(bytes);
    }

    public void Write(ReadOnlySpan<MemorySegment> segments)
    {
        foreach (var segment in segments) WriteSegment(segment);
    }

    /// <summary>Writes down what the destination said and the source is not told.</summary>
    public void NoteAnswered(ReadOnlySpan<byte> bytes) => recorder.Passed(number, isForward: false, bytes);

    public bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    public void CloseWrite()
    {
        recorder.Closed(number, RecordingClosing.ByDestination);
        inner.CloseWrite();
    }

    public void Abort() => inner.Abort();

    public void Dispose() => inner.Dispose();

    private unsafe void WriteSegment(MemorySegment segment) => Write(new ReadOnlySpan<byte>((void*)segment.Address, checked((int)segment.Length)));

    private void Note(ReadOnlySpan<byte> bytes)
    {
        if (!isTold)
        {
            first = [.. first, .. bytes[..Math.Min(bytes.Length, 512 - first.Length)]];
            if (ChannelRecognition.TryRecognise(first, out var kind) || first.Length == 512)
            {
                isTold = true;
                recorder.Told(number, kind);
            }
        }
        recorder.Passed(number, isForward: true, bytes);
    }
}
