using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Migration.Core;
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
/// again; afterwards it is the destination's. Who cancels in between is too late: the machine may run there, so it stays stopped here. One migration per
/// instance; <see cref="Run"/> blocks its thread.
/// </remarks>
public sealed class OutgoingMigration
{
    private const int PrecopyRunPages = 64;

    private readonly SourceMachine machine;
    private readonly OutgoingOptions options;
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly HostPages hostPages;
    private readonly SourceCore core;
    private readonly ControlWriter control;
    private readonly WireWriter unsent = new();
    private DeviceState? devices;
    private ConversationWriter? conversation;
    private ChannelSet channels;
    private volatile SentPages sent;
    private OwnedParts? parts, recovered;
    private PagePump? pump;
    private Pacer? pacer;
    private CancellationTokenRegistration abort;
    private CancellationToken cancellation;
    private Exception? broken;
    private volatile bool pushUnrequested;
    private bool isEndBegun;
    private volatile PostcopySender? sender;

    /// <summary>Prepares to send <paramref name="machine"/> over <paramref name="channels"/>. Nothing is written yet.</summary>
    /// <exception cref="MachineRefusedException">The destination's host pages do not fit the RAM blocks.</exception>
    public OutgoingMigration(SourceMachine machine, ChannelSet channels, OutgoingOptions options)
    {
        this.machine = machine;
        this.channels = channels;
        this.options = options;
        blocks = machine.Ram.Blocks;
        sent = new SentPages(blocks);
        core = new SourceCore { StateChanged = state => StateChanged?.Invoke(state) };
        control = new ControlWriter(Statistics);
        hostPages = new HostPages(blocks, options.HostPageBytes);
        pushUnrequested = options.PushUnrequested;
        Statistics.SetRamBytesTotal(blocks.Sum(block => block.UsedLength));
    }

    /// <summary>Where the migration stands; any thread may read it.</summary>
    public MigrationState State => core.State;

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
        sender?.PushRemaining();
    }

    /// <summary>Sends the machine. Returns when the destination has everything (and said so, where it can).</summary>
    /// <exception cref="PeerLostException">The destination vanished.</exception>
    /// <exception cref="PeerRefusedException">The destination could not load the state.</exception>
    /// <exception cref="WireException">The destination sent a defective or forbidden message.</exception>
    /// <exception cref="DamagedStateException">Stored pages are damaged; nothing of them was sent.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken cancellationToken) => Begin(SourceEvent.Begin, cancellationToken);

    /// <summary>
    /// Takes up a postcopy that another process began and did not end: its destination has paused and waits for a connection. It is asked what
    /// it has; everything else is sent.
    /// </summary>
    /// <inheritdoc cref="Run"/>
    public void TakeUp(CancellationToken cancellationToken)
    {
        if (!options.Postcopy) throw new InvalidOperationException("Only a postcopy can be taken up.");
        Begin(SourceEvent.TakeUp, cancellationToken);
    }

    private void Begin(SourceEvent first, CancellationToken cancellationToken)
    {
        cancellation = cancellationToken;
        using var opened = new OwnedParts();
        parts = opened;
        core.Step(first);
        abort = cancellationToken.Register(channels.Abort);
        try
        {
            while (!core.IsOver) Step();
        }
        finally
        {
            abort.Dispose();
        }
    }

    /// <summary>Does what is to be done. A failure leads on where a new connection may come; else it ends the migration.</summary>
    private void Step()
    {
        var wasPaused = core.Phase == SourcePhase.Paused;
        try
        {
            cancellation.ThrowIfCancellationRequested();
            core.Step(Do(core.Action));
        }
        catch (Exception failure)
        {
            broken = GiveUp(failure);
            // Who cannot give a connection is not asked again.
            if (wasPaused || core.Phase != SourcePhase.Paused || options.Recovery is null) throw broken;
        }
    }

    // It stands still from the beginning: what is done to stop a machine that runs is no work here.
    private SourceEvent Do(SourceAction action) => action switch
    {
        SourceAction.WriteOpening => WriteOpening(),
        SourceAction.SendLive => options.Postcopy ? SendBeforeRun() : SendPages(),
        SourceAction.CollectPending => SourceEvent.SwitchOver,
        SourceAction.StopMachine or SourceAction.SendRest or SourceAction.WriteDevices => SourceEvent.Done,
        SourceAction.WriteEnd => WriteEnd(),
        SourceAction.AwaitShut => options.Postcopy ? AwaitPostcopyShut() : AwaitShut(),
        SourceAction.WritePackage => WritePackage(),
        SourceAction.ServePages => ServePages(),
        SourceAction.WritePostcopyEnd => WritePostcopyEnd(),
        SourceAction.AwaitConnection => AwaitConnection(),
        SourceAction.Resume => Resume(),
        _ => throw new InvalidOperationException($"{action} is nothing that is done here"),
    };

    private SourceEvent WriteOpening()
    {
        var main = channels.Main;
        if (options.Postcopy && !main.IsBidirectional)
            throw new MachineRefusedException($"{main.Name} carries bytes in one direction only: pages cannot be asked for");
        machine.Control.Stop();
        SaveDevices();
        conversation!.WriteOpening(unsent, openReturnPath: main.IsBidirectional, advisePostcopy: options.Postcopy);
        if (options.Postcopy)
        {
            sender = parts!.Own(SenderOf(returnPath: null, isLoaded: false));
        }
        else
        {
            WriteUnsent();
        }
        var reader = parts!.Own(machine.Ram.OpenReader());
        var writer = parts.Own(new PageRecordWriter(main, blocks, devices!.RamSectionId, framed: true, Statistics));
        pump = PumpOf(reader, writer);
        pacer = new Pacer(options.BandwidthBytesPerSecond, options.Surroundings.Time);
        return SourceEvent.Done;
    }

    private SourceEvent SendPages()
    {
        if (!pump!.PushNext(PrecopyRunPages)) return SourceEvent.RoundEnded;
        pacer!.Pushed(pump.PushedPages * RamBlock.PageSize);
        if (pacer.HoldBack(0) is var delay && delay > TimeSpan.Zero) options.Surroundings.Sleep(delay);
        return SourceEvent.Done;
    }

    private SourceEvent SendBeforeRun()
    {
        // Without such pages opening and package are one write: the time to the guest's first instruction is the number users feel.
        if (options.PagesBeforeRun is not { Count: > 0 } chosen) return SourceEvent.Postcopy;
        conversation!.WriteFirstDiscard(unsent);
        WriteUnsent();
        pump!.PushChosen(chosen);
        return SourceEvent.Postcopy;
    }

    private SourceEvent WriteEnd()
    {
        cancellation.ThrowIfCancellationRequested();
        isEndBegun = true;
        control.Write(channels.Main, conversation!.WritePrecopyEnding);
        return SourceEvent.Done;
    }

    private SourceEvent AwaitShut()
    {
        if (channels.Main.IsBidirectional) HearShut(Timeout.InfiniteTimeSpan);
        // The destination looks for the end, to be sure that nothing follows.
        channels.Main.CloseWrite();
        return SourceEvent.Done;
    }

    private void HearShut(TimeSpan wait)
    {
        var server = new PageServer(blocks, new ReturnPathReader(channels.Main), requested: null, Statistics);
        while (!server.IsShut)
        {
            if (!server.ServeNext(wait) && wait == TimeSpan.Zero) return;
        }
    }

    private SourceEvent WritePackage()
    {
        conversation!.WriteSwitchToPostcopy(unsent, sent);
        WriteUnsent();
        return SourceEvent.Done;
    }

    private SourceEvent ServePages()
    {
        sender!.SendRemaining();
        return SourceEvent.Done;
    }

    private SourceEvent WritePostcopyEnd()
    {
        // Destinations of the releases before 8.0 wait for an end mark on the preempt channel. It goes first: later ones close
        // that channel as soon as the main one has ended.
        if (channels.Preempt is { } preempt) control.Write(preempt, Wire.Ram.RamRecordWriter.WriteEndOfSection);
        control.Write(channels.Main, conversation!.WritePostcopyEnding);
        return SourceEvent.Done;
    }

    private SourceEvent AwaitPostcopyShut()
    {
        sender!.AwaitShut();
        return SourceEvent.Done;
    }

    private SourceEvent AwaitConnection()
    {
        if (options.Recovery!(broken!, cancellation) is not { } next) throw broken!;
        recovered?.Dispose();
        recovered = parts!.Own(new OwnedParts());
        channels = recovered.Own(next);
        abort.Dispose();
        abort = cancellation.Register(next.Abort);
        return SourceEvent.Done;
    }

    private SourceEvent Resume()
    {
        if (conversation is null) SaveDevices();
        var returnPath = new ReturnPathReader(channels.Main);
        sent = new SentPages(blocks, RecoveryHandshake.Run(channels.Main, returnPath, blocks, control));
        recovered ??= parts!.Own(new OwnedParts());
        sender = recovered.Own(SenderOf(returnPath, isLoaded: true));
        return SourceEvent.Done;
    }

    private void SaveDevices()
    {
        devices = machine.Devices.Save();
        conversation = new ConversationWriter(devices, blocks, StreamDialect.Default) { HostPages = hostPages };
    }

    private PostcopySender SenderOf(ReturnPathReader? returnPath, bool isLoaded)
    {
        var made = new PostcopySender(machine.Ram, channels, PostcopyOf(devices!.RamSectionId) with { IsLoaded = isLoaded }, sent, Statistics, returnPath);
        if (pushUnrequested) made.PushRemaining();
        return made;
    }

    private void WriteUnsent()
    {
        control.Write(channels.Main, unsent);
        unsent.Clear();
    }

    private PagePump PumpOf(IPageReader from, PageRecordWriter to) => new(blocks, sent, from, to)
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
        Surroundings = options.Surroundings,
    };

    /// <summary>Breaks the connection, hands the machine back where it is still ours, and names the failure as what it is.</summary>
    private Exception GiveUp(Exception failure)
    {
        var isCancelled = cancellation.IsCancellationRequested;
        // A connection that is broken here on purpose looks to the destination as one that has ended well, and it may let the machine run.
        var isTooLate = isCancelled && isEndBegun;
        if (failure is PeerLostException && !isCancelled && core.IsOurs && channels.Main.IsBidirectional) failure = ReasonOf(failure);
        var happened = isCancelled && SourcePhaseTable.CanCancel(core.Phase) ? SourceEvent.Cancel : SourceEvent.Failure;
        channels.Abort();
        core.Step(happened);
        if (core.Action == SourceAction.HandBack)
        {
            if (!isTooLate) machine.Control.Start();
            core.Step(happened);
        }
        return isCancelled ? new OperationCanceledException("The outgoing migration was cancelled.", failure, cancellation) : failure;
    }

    /// <summary>The destination may have said why before it went: its word tells more than a broken pipe.</summary>
    private Exception ReasonOf(Exception broken)
    {
        try
        {
            HearShut(TimeSpan.Zero);
            return broken;
        }
        catch (Exception reason) when (reason is PeerRefusedException or PeerLostException or WireException)
        {
            return reason is PeerLostException ? broken : reason;
        }
    }
}
