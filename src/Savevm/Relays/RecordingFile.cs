using System.Diagnostics;
using Savevm.Migration.Relay;
using Savevm.Wire;
using Savevm.Wire.Channels;
using Savevm.Wire.Recordings;

namespace Savevm.Relays;

/// <summary>
/// Writes a recording. What is in the file is whole up to wherever it was cut. A disk that fails ends the recording and not the migration.
/// </summary>
internal sealed class RecordingFile : IRelayRecorder, IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream file;
    private readonly Action<string> warn;
    private readonly long begun = Stopwatch.GetTimestamp();
    private readonly byte[] head = new byte[RecordingWriter.HeadBytes];
    private bool hasFailed;

    /// <summary>Makes the file, for its owner only: it holds the guest's memory.</summary>
    /// <exception cref="IOException">It cannot be made, or is there already.</exception>
    public RecordingFile(string path, Action<string> warn)
    {
        this.warn = warn;
        file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 1 << 16,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        Span<byte> header = stackalloc byte[RecordingWriter.HeaderBytes];
        RecordingWriter.WriteHeader(header);
        file.Write(header);
    }

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; } = RecordingWriter.HeaderBytes;

    /// <inheritdoc/>
    public void Opened(int channel) => Write(RecordingRecordType.Opened, 0, channel, default);

    /// <inheritdoc/>
    public void Told(int channel, ChannelKind kind) => Write(RecordingRecordType.Told, (byte)kind, channel, default);

    /// <inheritdoc/>
    public void Passed(int channel, bool isForward, ReadOnlySpan<byte> bytes)
    {
        var type = isForward ? RecordingRecordType.Forward : RecordingRecordType.Backward;
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, WireLimits.MaxRecordedBytes);
            Write(type, 0, channel, bytes[..count]);
            bytes = bytes[count..];
        }
    }

    /// <inheritdoc/>
    public void Closed(int channel, RecordingClosing how) => Write(RecordingRecordType.Closed, (byte)how, channel, default);

    /// <summary>Writes the mark of a migration that was over.</summary>
    public void End()
    {
        Write(RecordingRecordType.End, 0, 0, default);
        lock (gate)
        {
            if (!hasFailed) file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            try
            {
                file.Dispose();
            }
            catch (IOException) when (hasFailed)
            {
                // Said already.
            }
        }
    }

    private void Write(RecordingRecordType type, byte detail, int channel, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (hasFailed || channel >= WireLimits.MaxRecordedChannels) return;
            try
            {
                var time = (ulong)(Stopwatch.GetElapsedTime(begun).Ticks * 100);
                RecordingWriter.WriteHead(head, type, detail, (ushort)channel, time, bytes);
                file.Write(head);
                file.Write(bytes);
                Length += head.Length + bytes.Length;
            }
            catch (IOException failure)
            {
                hasFailed = true;
                warn($"the recording ends here: {failure.Message}");
            }
        }
    }
}
