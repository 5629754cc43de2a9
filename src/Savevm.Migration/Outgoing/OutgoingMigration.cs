using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Dialects;

namespace Savevm.Migration.Outgoing;

/// <summary>
/// The source's engine for a machine that stands still: sends everything and then the devices (precopy), or the devices and
/// then pages on request (postcopy). It cannot tell a snapshot from a stopped machine.
/// </summary>
/// <remarks>
/// Authority: until the package (postcopy) or the last byte (precopy) is written the machine is ours and a failure starts it
/// again; afterwards it is the destination's. One migration per instance; <see cref="Run"/> blocks its thread.
/// </remarks>
public sealed class OutgoingMigration
{
    private const int PrecopyRunPages = 64;

    private readonly SourceMachine machine;
    private readonly ChannelSet channels;
    private readonly OutgoingOptions options;
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly SentPages sent;
    private readonly HostPages hostPages;
    private readonly Lock stateGate = new();
    private readonly ControlWriter control;
    private volatile bool pushUnrequested;
    private volatile PostcopySender? pages;

    /// <summary>Prepares to send <paramref name="machine"/> over <paramref name="channels"/>. Nothing is written yet.</summary>
    /// <exception cref="MachineRefusedException">The destination's host pages do not fit the RAM blocks.</exception>
    public OutgoingMigration(SourceMachine machine, ChannelSet channels, OutgoingOptions options)
    {
        this.machine = machine;
        this.channels = channels;
        this.options = options;
        blocks = machine.Ram.Blocks;
        sent = new SentPages(blocks);
        control = new ControlWriter(Statistics);
        hostPages = new HostPages(blocks, options.HostPageBytes);
        pushUnrequested = options.PushUnrequested;
        Statistics.SetRamBytesTotal(blocks.Sum(block => block.UsedLength));
    }

    /// <summary>Where the migration stands; any thread may read it.</summary>
    public MigrationState State { get; private set; }

    /// <summary>Called on the engine's thread after every change of <see cref="State"/>.</summary>
    public Action<MigrationState>? StateChanged { get; init; }

    /// <summary>Counters; any thread may read them.</summary>
    public MigrationStatistics Statistics { get; } = new();

    /// <summary>Pages that were not sent yet; any thread may read it.</summary>
    public long PagesRemaining => sent.Remaining;

    /// <summary>Postcopy: from now on push every page, so that the guest soon needs us no more. Any thread.</summary>
    public void PushRemaining()
    {
        pushUnrequested = true;
        pages?.PushRemaining();
    }

    /// <summary>Sends the machine. Returns when the destination has everything (and said so, where it can).</summary>
    /// <exception cref="PeerLostException">The destination vanished.</exception>
    /// <exception cref="PeerRefusedException">The destination could not load the state.</exception>
    /// <exception cref="WireException">The destination sent a defective or forbidden message.</exception>
    /// <exception cref="DamagedStateException">Stored pages are damaged; nothing of them was sent.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        Move(MigrationState.Setup);
        using var abort = cancellationToken.Register(channels.Abort);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (options.Postcopy) RunPostcopy();
            else RunPrecopy();
            Move(MigrationState.Completed);
        }
        catch (Exception failure)
        {
            throw GiveUp(failure, cancellationToken);
        }
    }

    private void RunPrecopy()
    {
        var main = channels.Main;
        machine.Control.Stop();
        var devices = machine.Devices.Save();
        var conversation = new ConversationWriter(devices, blocks, StreamDialect.Default) { HostPages = hostPages };
        control.Write(main, output => conversation.WriteOpening(output, openReturnPath: main.IsBidirectional, advisePostcopy: false));
        Move(MigrationState.Active);
        using var reader = machine.Ram.OpenReader();
        using var writer = new PageRecordWriter(main, blocks, devices.RamSectionId, framed: true, Statistics);
        var pump = PumpOf(reader, writer);
        var pacer = new Pacer(options.BandwidthBytesPerSecond, TimeProvider.System);
        try
        {
            while (pump.PushNext(PrecopyRunPages))
            {
                pacer.Pushed(pump.PushedPages * RamBlock.PageSize);
                if (pacer.HoldBack(0) is var delay && delay > TimeSpan.Zero) Thread.Sleep(delay);
            }
            Move(MigrationState.Device);
            control.Write(main, conversation.WritePrecopyEnding);
        }
        catch (PeerLostException) when (main.IsBidirectional)
        {
            // The destination may have said why before it went: its SHUT tells more than a broken pipe.
            AwaitShut(TimeSpan.Zero);
            throw;
        }
        if (main.IsBidirectional) AwaitShut(Timeout.InfiniteTimeSpan);
        // The destination looks for the end, to be sure that nothing follows.
        main.CloseWrite();
    }

    private void AwaitShut(TimeSpan wait)
    {
        using var reader = machine.Ram.OpenReader();
        using var writer = new PageRecordWriter(channels.Main, blocks, 0, framed: true, Statistics);
        var server = new PageServer(blocks, new ReturnPathReader(channels.Main), PumpOf(reader, writer), Statistics);
        while (!server.IsShut)
        {
            if (!server.ServeNext(wait) && wait == TimeSpan.Zero) return;
        }
    }

    private void RunPostcopy()
    {
        var main = channels.Main;
        if (!main.IsBidirectional) throw new MachineRefusedException($"{main.Name} carries bytes in one direction only: pages cannot be asked for");
        machine.Control.Stop();
        var devices = machine.Devices.Save();
        var conversation = new ConversationWriter(devices, blocks, StreamDialect.Default) { HostPages = hostPages };
        using var sender = new PostcopySender(machine.Ram, channels, PostcopyOf(devices.RamSectionId), sent, Statistics);
        pages = sender;
        if (pushUnrequested) sender.PushRemaining();
        SwitchToPostcopy(conversation, devices.RamSectionId);
        sender.SendRemaining();
        // Destinations of the releases before 8.0 wait for an end mark on the preempt channel. It goes first: later ones close
        // that channel as soon as the main one has ended.
        if (channels.Preempt is { } preempt) control.Write(preempt, Wire.Ram.RamRecordWriter.WriteEndOfSection);
        control.Write(main, conversation.WritePostcopyEnding);
        sender.AwaitShut();
    }

    /// <summary>Everything up to the moment when the destination owns the guest.</summary>
    private void SwitchToPostcopy(ConversationWriter conversation, uint ramSectionId)
    {
        var output = new WireWriter();
        conversation.WriteOpening(output, openReturnPath: true, advisePostcopy: true);
        Move(MigrationState.Active);
        if (options.PagesBeforeRun is { Count: > 0 } chosen)
        {
            conversation.WriteFirstDiscard(output);
            control.Write(channels.Main, output);
            output.Clear();
            SendBeforeRun(chosen, ramSectionId);
        }
        // Without such pages this is one write for all of it: the time to the guest's first instruction is the number users feel.
        Move(MigrationState.Device);
        conversation.WriteSwitchToPostcopy(output, sent);
        control.Write(channels.Main, output);
        Move(MigrationState.PostcopyActive);
    }

    private void SendBeforeRun(PageSet chosen, uint ramSectionId)
    {
        using var reader = machine.Ram.OpenReader();
        using var writer = new PageRecordWriter(channels.Main, blocks, ramSectionId, framed: true, Statistics);
        PumpOf(reader, writer).PushChosen(chosen);
    }

    private PagePump PumpOf(IPageReader reader, PageRecordWriter writer) => new(blocks, sent, reader, writer)
    {
        SkippedBlocks = SkippedBlocks,
        HostPages = options.Postcopy ? hostPages : null,
    };

    private HashSet<int> SkippedBlocks =>
        blocks.Where(block => options.BlocksAtDestination.Contains(block.IdStr)).Select(block => block.Index).ToHashSet();

    private PostcopySettings PostcopyOf(uint ramSectionId) => new()
    {
        RamSectionId = ramSectionId,
        HostPages = hostPages,
        SkippedBlocks = SkippedBlocks,
        RequestLog = options.RequestLog,
        PushUnrequested = options.PushUnrequested,
        BandwidthBytesPerSecond = options.BandwidthBytesPerSecond,
        PushPages = options.PushPages,
    };

    /// <summary>Breaks the connection, hands the machine back where it is still ours, and names the failure as what it is.</summary>
    private Exception GiveUp(Exception failure, CancellationToken cancellationToken)
    {
        var isCancelled = cancellationToken.IsCancellationRequested;
        channels.Abort();
        if (State == MigrationState.PostcopyActive && !isCancelled)
        {
            Move(MigrationState.PostcopyPaused);
        }
        else
        {
            var wasOurs = State != MigrationState.PostcopyActive;
            Move(isCancelled ? MigrationState.Cancelled : MigrationState.Failed);
            if (wasOurs) machine.Control.Start();
        }
        return isCancelled ? new OperationCanceledException("The outgoing migration was cancelled.", failure, cancellationToken) : failure;
    }

    private void Move(MigrationState next)
    {
        lock (stateGate)
        {
            MigrationStateTable.DemandOutgoing(State, next);
            State = next;
        }
        StateChanged?.Invoke(next);
    }
}
