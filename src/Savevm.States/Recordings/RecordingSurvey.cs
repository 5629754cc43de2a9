using Savevm.Wire;
using Savevm.Wire.Channels;
using Savevm.Wire.Recordings;
using Savevm.Wire.ReturnPath;

namespace Savevm.States.Recordings;

/// <summary>What a recording holds beside the stream: its connections, and what the destination said.</summary>
public sealed class RecordingSurvey
{
    private readonly List<RecordedConnection> connections = [];
    private readonly List<uint> pongs = [];
    private readonly List<byte> unread = [];
    private readonly HashSet<(string Block, ulong Start)> asked = [];
    private long readBytes;
    private bool isReadable = true;
    private string lastBlock = "";

    /// <summary>The connections in the order in which they were opened.</summary>
    public IReadOnlyList<RecordedConnection> Connections => connections;

    /// <summary>Records in all.</summary>
    public long Records { get; private set; }

    /// <summary>From the beginning to the last record.</summary>
    public TimeSpan Length { get; private set; }

    /// <summary>The migration was over and the recording is whole.</summary>
    public bool HasEnd { get; private set; }

    /// <summary>Bytes of a last record that is not whole.</summary>
    public int CutBytes { get; private set; }

    /// <summary>Answers to pings.</summary>
    public IReadOnlyList<uint> Pongs => pongs;

    /// <summary>Page requests.</summary>
    public long Requests { get; private set; }

    /// <summary>Different host pages that were asked for; counted up to a million.</summary>
    public int DistinctRequests => asked.Count;

    /// <summary>The destination's last word; null when it said none.</summary>
    public uint? Shut { get; private set; }

    /// <summary>The destination told which pages it had: a recovery.</summary>
    public int Bitmaps { get; private set; }

    /// <summary>Reads a whole recording.</summary>
    /// <exception cref="WireException">A record is damaged.</exception>
    public static RecordingSurvey Of(RecordingInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var survey = new RecordingSurvey();
        while (input.TryNext(out var record))
        {
            cancellationToken.ThrowIfCancellationRequested();
            survey.Take(record);
        }
        survey.Finish(input);
        return survey;
    }

    /// <summary>No record follows.</summary>
    internal void Finish(RecordingInput input) => (HasEnd, CutBytes) = (input.HasEnd, input.CutBytes);

    /// <summary>Sees a record.</summary>
    internal void Take(in RecordingRecord record)
    {
        Records++;
        Length = TimeSpan.FromTicks((long)Math.Min(record.Time / 100, long.MaxValue));
        if (record.Type == RecordingRecordType.End) return;
        var number = record.Channel;
        var connection = connections.Find(known => known.Number == number);
        if (connection is null) connections.Add(connection = new RecordedConnection(number) { Opened = Length });
        switch (record.Type)
        {
            case RecordingRecordType.Told:
                connection.Kind = (ChannelKind)record.Detail;
                break;
            case RecordingRecordType.Forward:
                connection.ForwardBytes += record.Bytes.Length;
                connection.Last = Length;
                break;
            case RecordingRecordType.Backward:
                connection.BackwardBytes += record.Bytes.Length;
                connection.Last = Length;
                if (number == 0) Hear(record.Bytes);
                break;
        }
    }

    private void Hear(ReadOnlySpan<byte> bytes)
    {
        if (!isReadable) return;
        unread.AddRange(bytes);
        var window = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(unread);
        var consumed = 0;
        try
        {
            while (ReturnMessageReader.TryRead(window[consumed..], readBytes, out var message, out var count))
            {
                consumed += count;
                readBytes += count;
                Note(message);
            }
        }
        catch (WireException)
        {
            // Inside of a TLS session, or behind a bitmap, which is no message.
            isReadable = false;
        }
        unread.RemoveRange(0, consumed);
    }

    private void Note(in ReturnMessage message)
    {
        const int MostAsked = 1 << 20;
        switch (message.Type)
        {
            case ReturnMessageType.Pong:
                if (pongs.Count < 4096) pongs.Add(message.Value);
                break;
            case ReturnMessageType.Shut:
                Shut = message.Value;
                break;
            case ReturnMessageType.RecvBitmap:
                Bitmaps++;
                break;
            case ReturnMessageType.ReqPages or ReturnMessageType.ReqPagesId:
                if (!message.BlockName.IsEmpty) lastBlock = System.Text.Encoding.ASCII.GetString(message.BlockName);
                Requests++;
                if (asked.Count < MostAsked) asked.Add((lastBlock, message.Start));
                break;
        }
    }
}
