using Savevm.Wire;
using Savevm.Wire.Recordings;

namespace Savevm.States.Recordings;

/// <summary>Reads the records of a migration recording one after another. A recording that was cut off ends where it was cut. One thread.</summary>
public sealed class RecordingInput : IDisposable
{
    private readonly Stream stream;
    private byte[] buffer = new byte[1 << 16];
    private int start, end, pending;
    private long offset;

    /// <summary>Reads the header.</summary>
    /// <param name="stream">The recording from its first byte on; disposed with this.</param>
    /// <exception cref="WireException">It is no recording.</exception>
    public RecordingInput(Stream stream)
    {
        this.stream = stream;
        while (!RecordingReader.TryReadHeader(buffer.AsSpan(start, end - start), offset, out pending))
        {
            if (!Fill()) throw new WireException(end, "the recording ends within its header");
        }
    }

    /// <summary>The last record was read: nothing is missing.</summary>
    public bool HasEnd { get; private set; }

    /// <summary>Bytes behind the last whole record: more than none when the recording was cut.</summary>
    public int CutBytes { get; private set; }

    /// <summary>Offset in the file of the next record.</summary>
    public long Offset => offset + pending;

    /// <summary>Number of the record that was read last, from 0 on.</summary>
    public long Index { get; private set; } = -1;

    /// <summary>Reads the next record, which is valid until the next call. False at the end, and at the cut.</summary>
    /// <exception cref="WireException">A record is damaged; names its offset.</exception>
    public bool TryNext(out RecordingRecord record)
    {
        Consume();
        record = default;
        if (HasEnd) return false;
        while (true)
        {
            if (RecordingReader.TryRead(buffer.AsSpan(start, end - start), offset, out record, out pending))
            {
                if (record.Channel >= WireLimits.MaxRecordedChannels) throw new WireException(offset + 2, $"connection {record.Channel} of a recording");
                HasEnd = record.Type == RecordingRecordType.End;
                Index++;
                return true;
            }
            if (!Fill())
            {
                CutBytes = end - start;
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private void Consume()
    {
        start += pending;
        offset += pending;
        pending = 0;
    }

    private bool Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }
        // The reader checks every length, so it never asks for more than the longest record.
        if (end == buffer.Length) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, RecordingReader.MaxRecordBytes));
        var count = stream.Read(buffer, end, buffer.Length - end);
        end += count;
        return count > 0;
    }
}
