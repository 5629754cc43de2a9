using System.Diagnostics;
using Savevm.Migration;
using Savevm.States.Recordings;
using Savevm.Transport;
using Savevm.Wire.Channels;
using Savevm.Wire.Recordings;
using Savevm.Wire.ReturnPath;

namespace Savevm.Relays;

/// <summary>
/// Plays the source of a recorded migration. The thread of the main connection sets the order: it opens each connection where the source did, and waits for
/// answers where the destination gave some. Each other connection has a thread that reads the recording for itself, since a connection that is full must not
/// keep the others from going on.
/// </summary>
internal sealed class Replay(ReplayRequest request, ChannelAddress target, IRelayObserver observer) : IDisposable
{
    private static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(1), OrderWait = TimeSpan.FromMilliseconds(5), ConnectPatience = TimeSpan.FromSeconds(5), ConnectRetry = TimeSpan.FromMilliseconds(50), LastWait = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource over = new();
    private readonly List<IByteChannel> channels = [];
    private readonly List<Task<bool>> others = [];
    private readonly Lock gate = new();
    private readonly object progress = new();
    private readonly ReplayAnswers answers = new();
    private readonly List<byte> recordedBack = [];
    private RecordingSurvey survey = null!;
    private long mainIndex = -1, otherIndex = -1, forwardBytes;
    private int recordedPongs;

    public ReplayReport Run(CancellationToken cancellationToken)
    {
        using (var input = Open()) survey = RecordingSurvey.Of(input, cancellationToken);
        Demand();
        var watch = Stopwatch.StartNew();
        using var stop = cancellationToken.Register(over.Cancel);
        using var abort = over.Token.Register(Abort);
        Task<bool>? listening = null;
        try
        {
            listening = PlayMain();
            foreach (var other in others) other.GetAwaiter().GetResult();
            Finish();
            return new ReplayReport(Volatile.Read(ref forwardBytes), channels.Count, answers.IsShut, watch.Elapsed);
        }
        catch (IOException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            over.Cancel();
            foreach (var task in others.Append(listening ?? Task.FromResult(true))) task.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var channel in channels) channel.Dispose();
        over.Dispose();
    }

    private RecordingInput Open() => new(new FileStream(request.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));

    private void Demand()
    {
        var what = $"replay of {request.Path}";
        if (survey.Connections is not [{ Kind: ChannelKind.Main }, ..])
            throw new SavevmException(ExitCode.Incompatible, what, "it does not begin with a stream that can be played, as of an encrypted migration or one that was only taken up again");
        if (survey.Connections.Any(connection => connection.Kind == ChannelKind.Recovery))
            throw new SavevmException(ExitCode.Incompatible, what, "its source came back after a break: such a migration cannot be played, for no QEMU breaks at the same byte");
        if (!survey.HasEnd) observer.Warning("the recording is not whole: what there is of it is played");
    }

    private Task<bool> PlayMain()
    {
        Task<bool>? listening = null;
        using var input = Open();
        while (input.TryNext(out var record))
        {
            over.Token.ThrowIfCancellationRequested();
            switch (record.Type)
            {
                case RecordingRecordType.Opened:
                    var channel = Connect(record.Channel);
                    if (record.Channel == 0) listening = Parts.EngineThread.Start("savevm replay answers", () => answers.Listen(channel));
                    else Start(record.Channel, channel);
                    break;
                case RecordingRecordType.Forward when record.Channel == 0:
                    Send(channels[0], record.Bytes);
                    break;
                case RecordingRecordType.Backward when record.Channel == 0:
                    AwaitAnswers(record.Bytes);
                    break;
                case RecordingRecordType.Closed when record.Channel == 0 && record.Detail == (byte)RecordingClosing.BySource && survey.Shut is null:
                    channels[0].CloseWrite();
                    break;
            }
            Pass(input.Index);
            // The end of the stream must not come before a page that was asked for.
            if (record.Type == RecordingRecordType.Forward && record.Channel != 0 && IsStrict(record.Channel)) AwaitOther(input.Index);
        }
        Pass(long.MaxValue);
        return listening!;
    }

    private IByteChannel Connect(int number)
    {
        if (number != channels.Count) throw new SavevmException(ExitCode.Damaged, $"replay of {request.Path}", $"connection {number} is opened where {channels.Count} is due");
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                var channel = target.Connect(over.Token);
                lock (gate) channels.Add(channel);
                return channel;
            }
            catch (IOException) when (number == 0 && waited.Elapsed < ConnectPatience)
            {
                over.Token.WaitHandle.WaitOne(ConnectRetry);
            }
        }
    }

    private void Start(int number, IByteChannel channel)
    {
        var isStrict = IsStrict(number);
        others.Add(Parts.EngineThread.Start($"savevm replay {number}", () => PlayOther(number, channel, isStrict)));
    }

    /// <summary>
    /// A channel with pages that were asked for comes after what the main one had sent by then. Multifd keeps itself in order; it waits only so that the
    /// replay resembles what was recorded.
    /// </summary>
    private bool PlayOther(int number, IByteChannel channel, bool isStrict)
    {
        using var input = Open();
        while (input.TryNext(out var record))
        {
            if (record.Channel != number || record.Type is not (RecordingRecordType.Forward or RecordingRecordType.Closed)) continue;
            AwaitMain(input.Index, isStrict);
            if (record.Type == RecordingRecordType.Forward)
            {
                Send(channel, record.Bytes);
                if (isStrict) PassOther(input.Index);
            }
            else if (record.Detail == (byte)RecordingClosing.BySource) break;
        }
        AwaitMain(long.MaxValue, strict: true);
        // Its end is a break to a destination that has not read the end of the main one yet.
        if (isStrict && survey.Shut == 0) answers.AwaitShut(Timeout.InfiniteTimeSpan);
        channel.CloseWrite();
        return true;
    }

    private void Send(IByteChannel channel, ReadOnlySpan<byte> bytes)
    {
        try
        {
            channel.Write(bytes);
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the destination stopped reading: {broken.Message}", broken);
        }
        var sent = Interlocked.Add(ref forwardBytes, bytes.Length);
        observer.Progress(new ProgressUpdate { Phase = "active", Bytes = sent, TotalBytes = survey.Connections.Sum(connection => connection.ForwardBytes) });
    }

    private void Pass(long index)
    {
        lock (progress)
        {
            mainIndex = index;
            Monitor.PulseAll(progress);
        }
    }

    private bool IsStrict(int number) => survey.Connections.First(connection => connection.Number == number).Kind != ChannelKind.Multifd;

    private void PassOther(long index)
    {
        lock (progress)
        {
            otherIndex = index;
            Monitor.PulseAll(progress);
        }
    }

    private void AwaitOther(long index)
    {
        lock (progress)
        {
            while (otherIndex < index && !over.IsCancellationRequested && !others.Exists(other => other.IsCompleted)) Monitor.Wait(progress, OrderWait);
        }
    }

    private void AwaitMain(long index, bool strict)
    {
        lock (progress)
        {
            while (mainIndex < index && !over.IsCancellationRequested)
            {
                if (!Monitor.Wait(progress, OrderWait) && !strict) return;
            }
        }
    }

    private void AwaitAnswers(ReadOnlySpan<byte> recorded)
    {
        recordedBack.AddRange(recorded);
        var window = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(recordedBack);
        var consumed = 0;
        while (ReturnMessageReader.TryRead(window[consumed..], 0, out var message, out var count))
        {
            consumed += count;
            // Requests come when this guest needs a page, which may be another time.
            if (message.Type == ReturnMessageType.Pong) answers.AwaitPongs(++recordedPongs, AnswerWait);
        }
        recordedBack.RemoveRange(0, consumed);
    }

    private void Finish()
    {
        var limit = request.Timeout ?? Timeout.InfiniteTimeSpan;
        if (survey.Shut == 0)
        {
            if (!answers.AwaitShut(limit)) throw new PeerLostException("the destination did not say that it has everything");
        }
        else
        {
            // A destination without a way back says nothing. It gets a moment to end the connection by itself, and a failure is its own to tell.
            answers.AwaitEnd(limit < LastWait ? limit : LastWait);
        }
        if (answers.Shut is { } code and not 0) throw new PeerRefusedException(code);
    }

    private void Abort()
    {
        lock (gate)
        {
            foreach (var channel in channels) channel.Abort();
        }
        lock (progress) Monitor.PulseAll(progress);
        answers.Abort();
    }
}
