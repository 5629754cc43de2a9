using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Dialects;

namespace Savevm.Migration.Live;

/// <summary>
/// The source's engine for a machine that runs: rounds of RAM and of other live state while it writes, a stop as short as the policy wants it, the
/// rest and the devices; or, in between, the switch to postcopy. It does what <see cref="SourceCore"/> says, and nothing else.
/// </summary>
/// <remarks>
/// Authority: until the last byte (precopy) or the package (postcopy) is written the machine is ours, and every failure lets it go on here;
/// afterwards it is the destination's, and to cancel is too late. One migration per instance; <see cref="Run"/> blocks its thread.
/// </remarks>
public sealed class LiveMigration
{
    private readonly LiveMachine machine;
    private readonly LiveOptions options;
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly HostPages hostPages;
    private readonly SourceCore core;
    private readonly ControlWriter control;
    private readonly LiveSections sections;
    private OwnedParts? parts, recovered;
    private ChannelSet channels;
    private IRoundOutput? pages;
    private LiveRounds? rounds;
    private PostcopySender? sender;
    private ConversationWriter? ending;
    private CancellationTokenRegistration abort;
    private CancellationToken cancellation;
    private Exception? broken;
    private volatile bool postcopyWanted;
    private bool isStopped, isUnplugged;
    private long stopped;

    /// <summary>Prepares to send <paramref name="machine"/> over <paramref name="channels"/>. Nothing is written and nothing tracked yet.</summary>
    public LiveMigration(LiveMachine machine, ChannelSet channels, LiveOptions options)
    {
        this.machine = machine;
        this.channels = channels;
        this.options = options;
        blocks = machine.Ram.Blocks;
        hostPages = new HostPages(blocks, new Dictionary<string, long>());
        core = new SourceCore { StateChanged = state => StateChanged?.Invoke(state) };
        control = new ControlWriter(Statistics);
        sections = new LiveSections(machine.Handlers, machine.Outline.FirstFreeSectionId, control) { Main = channels.Main };
        Statistics.SetRamBytesTotal(blocks.Sum(block => block.UsedLength));
    }

    /// <summary>Where the migration stands; any thread may read it.</summary>
    public MigrationState State => core.State;

    /// <summary>Called on the engine's thread after every change of <see cref="State"/>.</summary>
    public Action<MigrationState>? StateChanged { get; init; }

    /// <summary>Counters; any thread may read them.</summary>
    public MigrationStatistics Statistics { get; } = new();

    /// <summary>
    /// From the next run of pages on the machine goes on at the destination, as soon as nothing is left that can travel before only. Any thread;
    /// without effect where the options do not allow postcopy or the machine has stopped already.
    /// </summary>
    public void StartPostcopy() => postcopyWanted = true;

    /// <summary>Sends the machine. Returns when the destination has everything (and said so, where it can).</summary>
    /// <exception cref="PeerLostException">The destination vanished.</exception>
    /// <exception cref="PeerRefusedException">The destination could not load the state.</exception>
    /// <exception cref="MachineRefusedException">The channel cannot carry what the options want, or a part of the machine cannot be sent.</exception>
    /// <exception cref="WireException">The destination sent a defective or forbidden message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        cancellation = cancellationToken;
        using var opened = new OwnedParts();
        parts = opened;
        core.Step(SourceEvent.Begin);
        abort = cancellationToken.Register(channels.Abort);
        try
        {
            while (!core.IsOver) Step();
        }
        finally
        {
            abort.Dispose();
            sections.Cleanup();
        }
    }

    /// <summary>Does what is to be done. A failure leads on where a new connection may come; else it ends the migration.</summary>
    private void Step()
    {
        var wasPaused = core.Phase == SourcePhase.Paused;
        try
        {
            if (SourcePhaseTable.CanCancel(core.Phase)) cancellation.ThrowIfCancellationRequested();
            core.Step(Do(core.Action));
        }
        catch (Exception failure)
        {
            broken = GiveUp(failure);
            // Who cannot give a connection is not asked again.
            if (wasPaused || core.Phase != SourcePhase.Paused || options.Recovery is null) throw broken;
        }
    }

    private SourceEvent Do(SourceAction action) => action switch
    {
        SourceAction.WriteOpening => WriteOpening(),
        SourceAction.AwaitUnplug => AwaitUnplug(),
        SourceAction.SendLive => rounds!.SendNext(postcopyWanted),
        SourceAction.CollectPending => rounds!.Judge(postcopyWanted),
        SourceAction.AwaitAcknowledgement => rounds!.AwaitAcknowledgement(),
        SourceAction.StopMachine => StopMachine(),
        SourceAction.Release => Release(),
        SourceAction.SendRest => SendRest(),
        SourceAction.WriteDevices => WriteDevices(),
        SourceAction.WriteEnd => WriteEnd(),
        SourceAction.AwaitShut => core.IsOurs ? AwaitShut() : AwaitPostcopyShut(),
        SourceAction.WritePackage => WritePackage(),
        SourceAction.ServePages => ServePages(),
        SourceAction.WritePostcopyEnd => WritePostcopyEnd(),
        SourceAction.AwaitConnection => AwaitConnection(),
        SourceAction.Resume => Resume(),
        _ => throw new InvalidOperationException($"{action} is nothing that is done here"),
    };

    private SourceEvent WriteOpening()
    {
        RoundOutputChoice.Demand(machine, channels, options);
        sections.Prepare();
        machine.Dirty.Start();
        var conversation = Conversation(new DeviceState
        {
            MachineName = machine.Outline.MachineName,
            ConfigurationSubsections = machine.Outline.ConfigurationSubsections,
            Sections = [],
        });
        pages = parts!.Own(RoundOutputChoice.Open(machine, channels, options, Statistics));
        pages.Open(conversation, control, options.Postcopy);
        if (machine.Handlers.Count > 0) control.Write(channels.Main, sections.WriteSetup);
        rounds = new LiveRounds(machine, channels, options, sections, pages, Statistics);
        if (machine.Unplug is not { } unplug) return SourceEvent.Done;
        isUnplugged = true;
        unplug.Request();
        return unplug.IsPending ? SourceEvent.UnplugWanted : SourceEvent.Done;
    }

    private SourceEvent AwaitUnplug()
    {
        var poll = TimeSpan.FromMilliseconds(20);
        var time = options.Surroundings.Time;
        for (var begun = time.GetTimestamp(); machine.Unplug!.IsPending;)
        {
            cancellation.ThrowIfCancellationRequested();
            if (machine.Unplug.Refusal is { } refusal) throw new MachineRefusedException($"a device that cannot travel does not leave: {refusal}");
            if (time.GetElapsedTime(begun) >= options.UnplugTimeout)
                throw new MachineRefusedException($"a device that cannot travel has not left within {options.UnplugTimeout.TotalSeconds:f0} s");
            rounds!.Hear();
            options.Surroundings.Sleep(poll);
        }
        return SourceEvent.Done;
    }

    private SourceEvent StopMachine()
    {
        if (core.Phase == SourcePhase.PostcopyStopping && channels.Preempt is not null)
        {
            rounds!.AwaitAnswer();
            OpenPreempt();
        }
        stopped = options.Surroundings.Time.GetTimestamp();
        // Before: a machine that fails while it stops is told to run again.
        isStopped = true;
        machine.Control.Stop();
        return options.BeforeSwitchover is null ? SourceEvent.Done : SourceEvent.ReleaseWanted;
    }

    /// <summary>A channel that is opened when it is used is opened now, by writing nothing: later the machine would wait for it.</summary>
    private void OpenPreempt()
    {
        if (channels.Preempt is { } preempt) control.Write(preempt, static _ => { });
    }

    private SourceEvent Release()
    {
        options.BeforeSwitchover!();
        return SourceEvent.Done;
    }

    private SourceEvent SendRest()
    {
        TellSwitchover();
        rounds!.SendRest();
        pages!.Complete(control);
        machine.Dirty.Stop();
        sections.Complete(beforePostcopy: false);
        return SourceEvent.Done;
    }

    private void TellSwitchover()
    {
        if (options.Dialect.HasSwitchoverStart && options.SwitchoverStart) control.Write(channels.Main, ConversationWriter.WriteSwitchoverStart);
    }

    private SourceEvent WriteDevices()
    {
        ending = Conversation(machine.Devices.Save());
        control.Write(channels.Main, ending.WriteStoppedState);
        // What follows lets the destination begin. A connection that we broke then could hide its word that it has begun, and the machine would
        // run on both sides: from here on only the destination's word, or its end, counts.
        abort.Dispose();
        cancellation.ThrowIfCancellationRequested();
        return SourceEvent.Done;
    }

    private SourceEvent WriteEnd()
    {
        control.Write(channels.Main, ending!.WriteEnd);
        return SourceEvent.Done;
    }

    private SourceEvent AwaitShut()
    {
        rounds!.AwaitShut();
        Statistics.SetDowntime(options.Surroundings.Time.GetElapsedTime(stopped));
        // The destination looks for the end, to be sure that nothing follows, and that we have heard it.
        channels.Main.CloseWrite();
        return SourceEvent.Done;
    }

    private SourceEvent WritePackage()
    {
        TellSwitchover();
        sections.Complete(beforePostcopy: true);
        var sent = rounds!.EndForPostcopy();
        machine.Dirty.Stop();
        ending = Conversation(machine.Devices.Save());
        sender = parts!.Own(SenderOf(sent, rounds.ReturnPath, isLoaded: false));
        control.Write(channels.Main, output => ending.WriteSwitchToPostcopy(output, sent));
        Statistics.SetDowntime(options.Surroundings.Time.GetElapsedTime(stopped));
        return SourceEvent.Done;
    }

    private PostcopySender SenderOf(SentPages sent, ReturnPathReader returnPath, bool isLoaded)
    {
        var settings = new PostcopySettings
        {
            RamSectionId = machine.Outline.RamSectionId,
            HostPages = hostPages,
            RequestLog = options.RequestLog,
            BandwidthBytesPerSecond = options.BandwidthBytesPerSecond,
            PushPages = options.PushPages,
            IsLoaded = isLoaded,
            Surroundings = options.Surroundings,
        };
        return new PostcopySender(machine.Ram, channels, settings, sent, Statistics, returnPath);
    }

    private SourceEvent AwaitConnection()
    {
        if (sections.AreUnrepeatable || options.Recovery!(broken!, cancellation) is not { } next) throw broken!;
        recovered?.Dispose();
        recovered = parts!.Own(new OwnedParts());
        channels = recovered.Own(next);
        sections.Main = next.Main;
        abort.Dispose();
        abort = cancellation.Register(next.Abort);
        return SourceEvent.Done;
    }

    private SourceEvent Resume()
    {
        var returnPath = new ReturnPathReader(channels.Main);
        var missing = RecoveryHandshake.Run(channels.Main, returnPath, blocks, control, OpenPreempt);
        sender = recovered!.Own(SenderOf(new SentPages(blocks, missing), returnPath, isLoaded: true));
        return SourceEvent.Done;
    }

    private SourceEvent ServePages()
    {
        sender!.SendRemaining();
        return SourceEvent.Done;
    }

    private SourceEvent WritePostcopyEnd()
    {
        if (channels.Preempt is { } preempt) control.Write(preempt, Wire.Ram.RamRecordWriter.WriteEndOfSection);
        sections.CompletePostcopy();
        control.Write(channels.Main, ending!.WritePostcopyEnding);
        return SourceEvent.Done;
    }

    private SourceEvent AwaitPostcopyShut()
    {
        sender!.AwaitShut();
        return SourceEvent.Done;
    }

    // Its recorded section id is the outline's, whatever the devices say: the section is open already.
    private ConversationWriter Conversation(DeviceState devices)
    {
        return new ConversationWriter(devices with { RamSectionId = machine.Outline.RamSectionId }, blocks, options.Dialect)
        {
            HostPages = hostPages,
            Capabilities = options.MappedRam ? [CapabilityTable.MappedRam] : [],
        };
    }

    /// <summary>Breaks the connection, lets the machine go on where it is still ours, and names the failure as what it is.</summary>
    private Exception GiveUp(Exception failure)
    {
        var isCancelled = cancellation.IsCancellationRequested && SourcePhaseTable.CanCancel(core.Phase);
        if (failure is PeerLostException && core.IsOurs && !isCancelled) failure = rounds?.ReasonOf(failure) ?? failure;
        var happened = isCancelled ? SourceEvent.Cancel : SourceEvent.Failure;
        channels.Abort();
        machine.Dirty.Stop();
        core.Step(happened);
        if (core.Action == SourceAction.HandBack)
        {
            rounds?.Unthrottle();
            if (isUnplugged) machine.Unplug!.Replug();
            if (isStopped) machine.Control.Start();
            core.Step(happened);
        }
        return isCancelled ? new OperationCanceledException("The outgoing migration was cancelled.", failure, cancellation) : failure;
    }
}
