using Savevm.Migration.Incoming;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Relay;

/// <summary>
/// The relay's side towards the source in postcopy, where it is the destination: it reads pages as fast as they come, asks for those that the destination
/// waits for, and when the connection breaks before the end it waits for the source to come back and tells it what it need not send again.
/// </summary>
internal sealed class RelaySource(RelayPlan plan, HeldPages held, RelayOptions options, RelayCounters counters, CancellationToken cancellation) : IDisposable
{
    private const int ControlLimit = 1 << 17;

    private readonly WireWriter note = new();
    private LateConnections late = null!;
    private RelayDestination destination = null!;
    private HeldPageReader pages = null!;
    private IByteChannel? channel, stale;
    private ReturnPathWriter? path;
    private volatile bool isAway, wasLost;
    private int isDismissed;

    /// <summary>The connection broke before everything had come.</summary>
    public bool IsAway => isAway;

    /// <summary>The connection broke after everything had come.</summary>
    public bool WasLost => wasLost;

    /// <summary>Takes the source's connection into use.</summary>
    public void Begin(IByteChannel main, RelayDestination other)
    {
        (channel, path, destination) = (main, new ReturnPathWriter(main), other);
        pages = new HeldPageReader(plan.Blocks, held, other.SendNow);
        late = new LateConnections(RunPreempt, held, options.Warn);
    }

    /// <summary>Reads until the source has sent everything; then watches whether it stays. The calling thread is that of the main stream.</summary>
    /// <exception cref="OperationCanceledException">The relay ends.</exception>
    /// <exception cref="PeerLostException">The source did not come back in time.</exception>
    public void Run(ForwardWindow first)
    {
        var window = first;
        try
        {
            while (Read(window) is { } broken)
            {
                Leave(broken);
                var next = Await(broken);
                if (window != first) window.Dispose();
                window = new ForwardWindow(next);
                pages = new HeldPageReader(plan.Blocks, held, destination.SendNow);
                Interlocked.Exchange(ref path, new ReturnPathWriter(next));
                // Somebody may be about to say something on the one that broke: it is closed when the next has broken too.
                late.Release(stale);
                (stale, channel, isAway) = (channel, next, false);
                counters.AddRecovery();
                options.Note("the source is back");
            }
            held.EndSource();
            // A QEMU that has sent everything and then loses the connection before it hears this fails and lets its guest run, though the
            // destination's runs already: it must not wait until the destination has everything.
            Shut(0);
            options.SourceNotNeeded();
            Watch();
        }
        finally
        {
            if (window != first) window.Dispose();
        }
    }

    /// <summary>A connection that the source opened after the switch: the one for requested pages, or the one with which it comes back. Any thread.</summary>
    public void Offer(IByteChannel accepted) => late.Offer(accepted);

    /// <summary>Reads the channel for requested pages to its end, on the calling thread.</summary>
    public void RunPreempt(ForwardWindow window)
    {
        var reader = new HeldPageReader(plan.Blocks, held, destination.SendNow);
        var (begun, main) = (window.Offset, channel);
        try
        {
            while (reader.ReadBody(window)) destination.EndPreempt();
        }
        catch (Exception failure) when (failure is PeerLostException or WireException or OperationCanceledException)
        {
            // Half of a source is none: it pauses too when it loses this channel. One that never said anything need not have been the source's.
            if (window.Offset > begun && !held.IsWhole && failure is not OperationCanceledException) main?.Abort();
            if (failure is WireException) options.Warn($"the source's channel for requested pages: {failure.Message}");
        }
        finally
        {
            counters.AddForward(window.Offset - begun);
        }
    }

    /// <summary>Passes on an answer to a ping of the source's.</summary>
    public void Pong(uint value) => Say(back => back.Pong(value));

    /// <summary>The last word, once: ours when everything is here, or the destination's before that.</summary>
    public void Shut(uint value)
    {
        if (Interlocked.Exchange(ref isDismissed, 1) == 0) Say(back => back.Shut(value));
    }

    /// <summary>The destination asks for pages; what is here already the source is not asked for, but it is written down.</summary>
    public void Request(string block, ulong start, uint length, bool isPassedOn)
    {
        if (isPassedOn)
        {
            Say(back => back.RequestPages(block, start, length));
        }
        else if (channel is RecordedChannel recorded)
        {
            note.Clear();
            ReturnMessageWriter.WritePageRequest(note, block, start, length);
            recorded.NoteAnswered(note.WrittenSpan);
        }
    }

    /// <summary>Breaks the connection: the source pauses. Any thread.</summary>
    public void Abort()
    {
        channel?.Abort();
        late.Abort();
    }

    /// <summary>Breaks whatever there still is.</summary>
    public void Dispose()
    {
        Abort();
        late.Dispose();
    }

    private void Say(Action<ReturnPathWriter> word)
    {
        try
        {
            if (!isAway && Volatile.Read(ref path) is { } back) word(back);
        }
        catch (PeerLostException)
        {
            // Who reads from it finds out too, and says so where it matters.
        }
    }

    /// <summary>Reads to the end mark; gives the reason when the connection breaks before.</summary>
    private Exception? Read(ForwardWindow window)
    {
        var begun = window.Offset;
        try
        {
            while (ReadElement(window))
            {
            }
            return null;
        }
        catch (Exception failure) when (failure is PeerLostException or WireException)
        {
            return failure;
        }
        finally
        {
            counters.AddForward(window.Offset - begun);
        }
    }

    private bool ReadElement(ForwardWindow window)
    {
        Need(window, window.Unread.IsEmpty);
        switch ((SectionType)window.Unread[0])
        {
            case SectionType.Part or SectionType.End:
                ReadSection(window);
                return true;
            case SectionType.Command:
                ReadCommand(window);
                return true;
            case SectionType.Eof:
                if (held.OutstandingPages > 0) throw new WireException(window.Offset, $"the source ended without {held.OutstandingPages} pages");
                window.Consume(1);
                return false;
            default:
                throw new WireException(window.Offset, $"section type 0x{window.Unread[0]:x2} after the switch to postcopy");
        }
    }

    private void ReadSection(ForwardWindow window)
    {
        SectionHeader header;
        int consumed;
        while (!ForwardReader.TryReadSectionHeader(window.Unread, window.Offset, out header, out consumed)) Need(window, true);
        if (header.SectionId != plan.RamSectionId) throw new WireException(window.Offset, $"section {header.SectionId} after the switch to postcopy");
        window.Consume(consumed);
        if (!pages.ReadBody(window)) throw new PeerLostException($"the stream ended inside RAM at offset 0x{window.Offset:x}");
        while (!ForwardReader.TryReadFooter(window.Unread, window.Offset, header.SectionId, out consumed)) Need(window, true);
        window.Consume(consumed);
    }

    private void ReadCommand(ForwardWindow window)
    {
        CommandRecord? command;
        int consumed;
        while (!ForwardReader.TryReadCommand(window.Unread, window.Offset, out command, out consumed)) Need(window, true);
        var at = window.Offset;
        window.Consume(consumed);
        switch (command.Type)
        {
            case CommandType.Ping when !RelayDestination.IsOwn(command.Value):
                destination.PassPing(command.Value);
                break;
            case CommandType.RecvBitmap:
                var asked = plan.Blocks.FirstOrDefault(block => block.IdStr == command.BlockName) ?? throw new WireException(at, $"unknown RAM block '{command.BlockName}'");
                path!.ReceivedBitmap(asked.IdStr, held.ReceivedOf(asked.Index));
                break;
            case CommandType.PostcopyResume:
                path!.ResumeAck();
                AskAgain();
                break;
            default:
                throw new WireException(at, $"command {command.Type} after the switch to postcopy");
        }
    }

    private void AskAgain()
    {
        for (var unit = held.NextWanted(0, out var block, out var page); unit >= 0; unit = held.NextWanted(unit + 1, out block, out page))
            path!.RequestPages(plan.Blocks[block].IdStr, (ulong)page * Machine.Ram.RamBlock.PageSize, (uint)held.UnitPages(block) * Machine.Ram.RamBlock.PageSize);
    }

    private static void Need(ForwardWindow window, bool isNeeded)
    {
        if (isNeeded && !window.Fill(ControlLimit)) throw new PeerLostException($"the source ended its stream at offset 0x{window.Offset:x}");
    }

    private void Leave(Exception broken)
    {
        isAway = true;
        channel?.Abort();
        held.DropPartial();
        if (cancellation.IsCancellationRequested) return;
        destination.Abort();
        options.Warn(
            $"the source's connection broke ({broken.Message}) before all had come: {held.OutstandingPages} pages are missing; the destination pauses, and both "
            + "are waited for: tell the destination migrate-recover and the source migrate with resume, each with the address that it had");
    }

    private IByteChannel Await(Exception broken)
    {
        cancellation.ThrowIfCancellationRequested();
        return late.Await(options.WaitLimit, cancellation) ?? throw new PeerLostException($"the source did not come back: {broken.Message}", broken);
    }

    /// <summary>Waits for the end of the connection that is not needed any more.</summary>
    private void Watch()
    {
        try
        {
            Span<byte> more = stackalloc byte[64];
            while (channel!.Read(more) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Gone, one way or the other.
        }
        if (destination.IsShut || cancellation.IsCancellationRequested) return;
        wasLost = true;
    }
}
