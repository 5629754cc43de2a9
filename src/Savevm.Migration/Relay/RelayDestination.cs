using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Relay;

/// <summary>
/// The relay's side towards the destination in postcopy, where it is the source: one thread hears and answers requests, another pushes what arrived. When the
/// connection breaks it makes a new one and agrees with the destination on what is missing, again and again.
/// </summary>
internal sealed partial class RelayDestination(RelayPlan plan, HeldPages held, RelaySource source, RelayOptions options, RelayCounters counters, CancellationToken cancellation)
{
    private const int PushUnits = 16;
    private const long BytesForPing = 1 << 20;

    // Our own pings tell how far the destination has read. Their answers are not for the source.
    private const uint OwnPing = 0x53560000, OwnPingMask = 0xffff0000;

    private static readonly TimeSpan PushWait = TimeSpan.FromMilliseconds(50);

    private readonly Lock mainGate = new(), requestGate = new();
    private readonly MigrationStatistics statistics = new();
    private readonly Queue<(uint Ping, long Units)> pings = new();
    private readonly byte[][] names = [.. plan.Blocks.Select(block => System.Text.Encoding.ASCII.GetBytes(block.IdStr))];
    private ChannelSet? channels;
    private PageRecordWriter? mainWriter, requestWriter;
    private IEngineThread? pusher;
    private int lastNamed = -1;
    private uint lastPing;
    private long unitsSincePing, bytesSincePing, lastRequestTicks;
    private volatile bool stopsPushing, isShut;
    private bool preemptEnds, hasWrittenEnd;

    /// <summary>The destination is connected and in step.</summary>
    public bool IsConnected => Volatile.Read(ref channels) is not null;

    /// <summary>The destination said that it has everything.</summary>
    public bool IsShut => isShut;

    /// <summary>The number of a ping of the relay's own: no source may use it.</summary>
    public static bool IsOwn(uint ping) => (ping & OwnPingMask) == OwnPing;

    /// <summary>Takes the connections into use over which the package goes. Nothing is sent yet.</summary>
    public void Begin(ChannelSet first)
    {
        lock (requestGate)
        {
            lock (mainGate) Use(first);
        }
    }

    /// <summary>The package was sent: begins to push.</summary>
    public void StartPushing()
    {
        stopsPushing = false;
        pusher = Surroundings.Real.Start("savevm relay push", Push);
    }

    /// <summary>Hears the destination until it has everything. The calling thread is that of the way back.</summary>
    /// <param name="reader">The way back of the first connection.</param>
    /// <param name="broken">Why that one broke, when it did already.</param>
    public void Run(ReturnPathReader reader, Exception? broken)
    {
        try
        {
            while (!isShut)
            {
                broken ??= Listen(reader);
                if (isShut) break;
                Break(broken!);
                reader = Reconnect(broken!);
                broken = null;
            }
        }
        finally
        {
            StopPushing();
        }
    }

    /// <summary>Breaks the connection, so that the destination pauses. Any thread.</summary>
    public void Abort() => Volatile.Read(ref channels)?.Abort();

    /// <summary>Sends a unit that the destination waits for. Any thread. Nothing happens when that connection is gone: the unit is sent on the next one.</summary>
    public void SendNow(int unit, int since)
    {
        var apart = Volatile.Read(ref channels)?.Preempt is not null && !held.IsCrowded;
        lock (apart ? requestGate : mainGate)
        {
            var writer = apart ? requestWriter : mainWriter;
            if (since != held.Epoch || channels is null || writer is null) return;
            try
            {
                Write(writer, [unit], confirmable: !apart, since);
            }
            catch (PeerLostException)
            {
                // Who listens finds out too, and says so.
            }
        }
    }

    /// <summary>Passes on a ping of the source; its answer goes back there.</summary>
    public void PassPing(uint value)
    {
        lock (mainGate)
        {
            try
            {
                if (channels is { } there) new ControlWriter(statistics).Write(there.Main, output => ForwardWriter.WritePing(output, value));
            }
            catch (PeerLostException)
            {
                // As above.
            }
        }
    }

    /// <summary>The source ended the channel for requested pages by a mark, as those up to 7.2 do; their destinations wait for it.</summary>
    public void EndPreempt()
    {
        lock (requestGate)
        {
            lock (mainGate)
            {
                preemptEnds = true;
                if (hasWrittenEnd) WritePreemptEnd();
            }
        }
    }

    /// <summary>Hears one message. Called by <see cref="Run"/>, and before it for the first.</summary>
    public void Take(in ReturnMessage message, long at)
    {
        switch (message.Type)
        {
            case ReturnMessageType.ReqPagesId:
                lastNamed = IndexOf(message.BlockName, at);
                Serve(lastNamed, message.Start, message.Length, at);
                break;
            case ReturnMessageType.ReqPages:
                Serve(lastNamed, message.Start, message.Length, at);
                break;
            case ReturnMessageType.Pong when IsOwn(message.Value):
                TakeOwnPong(message.Value, at);
                break;
            case ReturnMessageType.Pong:
                source.Pong(message.Value);
                break;
            case ReturnMessageType.SwitchoverAck:
                break;
            case ReturnMessageType.Shut when message.Value == 0 && !held.IsWhole:
                throw new WireException(at, $"the destination says that it has everything, and the source has {held.OutstandingPages} pages still to send");
            case ReturnMessageType.Shut:
                source.Shut(message.Value);
                if (message.Value != 0) throw new PeerRefusedException(message.Value);
                isShut = true;
                break;
            default:
                throw new WireException(at, $"return path message {message.Type} is not due now");
        }
    }

    private Exception? Listen(ReturnPathReader reader)
    {
        var begun = reader.Offset;
        try
        {
            while (!isShut)
            {
                var at = reader.Offset;
                if (reader.TryNext(Timeout.InfiniteTimeSpan, out var message)) Take(message, at);
            }
            return null;
        }
        catch (Exception failure) when (failure is PeerLostException or WireException)
        {
            return failure;
        }
        finally
        {
            counters.AddBackward(reader.Offset - begun);
        }
    }

    private void Serve(int block, ulong start, uint length, long at)
    {
        if (block < 0) throw new WireException(at, "a page request names no block and none was named before");
        var asked = plan.Blocks[block];
        if (length > (ulong)asked.UsedLength || start > (ulong)asked.UsedLength - length)
            throw new WireException(at, $"a page request for 0x{length:x} bytes at 0x{start:x} lies outside block '{asked.IdStr}' of {asked.UsedLength} bytes");
        Volatile.Write(ref lastRequestTicks, TimeProvider.System.GetTimestamp());
        var whole = held.UnitPages(block);
        var first = (long)(start / RamBlock.PageSize) / whole * whole;
        for (var page = first; page < (long)((start + length) / RamBlock.PageSize); page += whole)
        {
            var answer = held.Ask(block, page, out var unit);
            if (answer == PageAnswer.SendNow) SendNow(unit, held.Epoch);
            source.Request(asked.IdStr, (ulong)page * RamBlock.PageSize, (uint)whole * RamBlock.PageSize, isPassedOn: answer == PageAnswer.AskSource);
            counters.AddRequest(answer == PageAnswer.SendNow);
        }
    }

    private int IndexOf(ReadOnlySpan<byte> name, long at)
    {
        for (var index = 0; index < names.Length; index++)
        {
            if (name.SequenceEqual(names[index])) return index;
        }
        throw new WireException(at, $"a page request for the unknown RAM block '{System.Text.Encoding.ASCII.GetString(name)}'");
    }

    private void TakeOwnPong(uint value, long at)
    {
        (uint Ping, long Units) mark;
        lock (mainGate)
        {
            if (!pings.TryDequeue(out mark) || mark.Ping != value) throw new WireException(at, $"an answer to the ping 0x{value:x8} that nobody waits for");
        }
        held.Confirm(mark.Units);
    }

    private void Push()
    {
        Span<int> units = stackalloc int[PushUnits];
        var pacer = new Pacer(options.BandwidthBytesPerSecond, TimeProvider.System);
        try
        {
            while (!stopsPushing)
            {
                if (pacer.HoldBack(Volatile.Read(ref lastRequestTicks)) is var delay && delay > TimeSpan.Zero)
                {
                    Thread.Sleep(delay < PushWait ? delay : PushWait);
                    continue;
                }
                var count = held.Take(units, PushWait);
                lock (mainGate)
                {
                    if (stopsPushing) return;
                    if (count > 0) pacer.Pushed(Write(mainWriter!, units[..count], confirmable: true, held.Epoch));
                    if (bytesSincePing > BytesForPing || (count == 0 && unitsSincePing > 0)) WritePing();
                    if (count == 0 && held.IsWritten)
                    {
                        WriteEnd();
                        return;
                    }
                }
            }
        }
        catch (PeerLostException)
        {
            // As above.
        }
    }

    private long Write(PageRecordWriter writer, ReadOnlySpan<int> units, bool confirmable, int since)
    {
        long bytes = 0;
        foreach (var unit in units)
        {
            var (block, page) = held.PageOf(unit);
            for (var end = page + held.UnitPages(block); page < end; page++)
            {
                var content = held[block, page];
                if (content.IsEmpty) writer.AddZeroPage(block, page);
                else writer.AddPage(block, page, content);
                bytes += content.Length + 9;
            }
        }
        writer.Send();
        held.NoteWritten(units, confirmable, since);
        counters.AddSent(units.Length);
        if (confirmable)
        {
            unitsSincePing += units.Length;
            bytesSincePing += bytes;
        }
        return bytes;
    }

    private void WritePing()
    {
        lastPing = (lastPing + 1) & ~OwnPingMask;
        pings.Enqueue((OwnPing | lastPing, unitsSincePing));
        new ControlWriter(statistics).Write(channels!.Main, output => ForwardWriter.WritePing(output, OwnPing | lastPing));
        unitsSincePing = bytesSincePing = 0;
    }

    private void WriteEnd()
    {
        new ControlWriter(statistics).Write(channels!.Main, output =>
        {
            ForwardWriter.WriteSectionPart(output, SectionType.End, plan.RamSectionId);
            RamRecordWriter.WriteEndOfSection(output);
            ForwardWriter.WriteFooter(output, plan.RamSectionId);
            ForwardWriter.WriteEndOfFile(output);
        });
        hasWrittenEnd = true;
        if (preemptEnds) WritePreemptEnd();
    }

    private void WritePreemptEnd()
    {
        if (channels?.Preempt is { } preempt) new ControlWriter(statistics).Write(preempt, RamRecordWriter.WriteEndOfSection);
    }

    private void StopPushing()
    {
        stopsPushing = true;
        held.Wake();
        pusher?.Join();
        pusher = null;
    }

    /// <summary>Takes connections into use; both gates are held.</summary>
    private void Use(ChannelSet? next)
    {
        mainWriter?.Dispose();
        requestWriter?.Dispose();
        mainWriter = next is null ? null : new PageRecordWriter(next.Main, plan.Blocks, plan.RamSectionId, framed: true, statistics);
        requestWriter = next?.Preempt is { } preempt ? new PageRecordWriter(preempt, plan.Blocks, plan.RamSectionId, framed: false, statistics) : null;
        pings.Clear();
        unitsSincePing = bytesSincePing = 0;
        hasWrittenEnd = false;
        Volatile.Write(ref channels, next);
    }
}
