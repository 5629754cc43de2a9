using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Dialects;

namespace Savevm.Migration.Live;

/// <summary>
/// The source's engine for a machine that runs: rounds of RAM while it writes, a stop as short as the policy wants it, the rest and the devices;
/// or, in between, the switch to postcopy.
/// </summary>
/// <remarks>
/// Authority: until the last byte (precopy) or the package (postcopy) is written the machine is ours, and every failure lets it go on here;
/// afterwards it is the destination's, and to cancel is too late. One migration per instance; <see cref="Run"/> blocks its thread.
/// </remarks>
public sealed class LiveMigration
{
    // How often the return path is looked at while pages are sent: a destination that gives up says so there.
    private const int RunsPerLook = 16;

    private readonly LiveMachine machine;
    private readonly ChannelSet channels;
    private readonly LiveOptions options;
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly HostPages hostPages;
    private readonly PendingPages pending;
    private readonly ConvergencePolicy policy;
    private readonly ControlWriter control;
    private readonly Lock stateGate = new();
    private volatile bool postcopyWanted;
    private bool isStopped, isThrottled;
    private long stopped;

    /// <summary>Prepares to send <paramref name="machine"/> over <paramref name="channels"/>. Nothing is written and nothing tracked yet.</summary>
    public LiveMigration(LiveMachine machine, ChannelSet channels, LiveOptions options)
    {
        this.machine = machine;
        this.channels = channels;
        this.options = options;
        blocks = machine.Ram.Blocks;
        hostPages = new HostPages(blocks, new Dictionary<string, long>());
        pending = new PendingPages(blocks);
        policy = new ConvergencePolicy(options.Convergence, options.Postcopy);
        control = new ControlWriter(Statistics);
        Statistics.SetRamBytesTotal(blocks.Sum(block => block.UsedLength));
    }

    /// <summary>Where the migration stands; any thread may read it.</summary>
    public MigrationState State { get; private set; }

    /// <summary>Called on the engine's thread after every change of <see cref="State"/>.</summary>
    public Action<MigrationState>? StateChanged { get; init; }

    /// <summary>Counters; any thread may read them.</summary>
    public MigrationStatistics Statistics { get; } = new();

    /// <summary>
    /// From the next run of pages on the machine goes on at the destination. Any thread; without effect where the options do not allow postcopy
    /// or the machine has stopped already.
    /// </summary>
    public void StartPostcopy() => postcopyWanted = true;

    /// <summary>Sends the machine. Returns when the destination has everything (and said so, where it can).</summary>
    /// <exception cref="PeerLostException">The destination vanished.</exception>
    /// <exception cref="PeerRefusedException">The destination could not load the state.</exception>
    /// <exception cref="MachineRefusedException">The channel cannot carry what the options want.</exception>
    /// <exception cref="WireException">The destination sent a defective or forbidden message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        Move(MigrationState.Setup);
        var abort = cancellationToken.Register(channels.Abort);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            Send(() => TooLateToCancel(abort, cancellationToken));
            Move(MigrationState.Completed);
        }
        catch (Exception failure)
        {
            throw GiveUp(failure, cancellationToken);
        }
        finally
        {
            abort.Dispose();
        }
    }

    /// <summary>
    /// What follows lets the destination begin. A connection that we broke then could hide its word that it has begun, and the machine would run on
    /// both sides: from here on only the destination's word, or its end, counts.
    /// </summary>
    private static void TooLateToCancel(CancellationTokenRegistration abort, CancellationToken cancellationToken)
    {
        abort.Dispose();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Send(Action commit)
    {
        var main = channels.Main;
        if (options.Postcopy && !main.IsBidirectional)
            throw new MachineRefusedException($"{main.Name} carries bytes in one direction only: pages cannot be asked for");
        machine.Dirty.Start();
        var conversation = Conversation(new DeviceState
        {
            MachineName = machine.Outline.MachineName,
            ConfigurationSubsections = machine.Outline.ConfigurationSubsections,
            Sections = [],
        });
        control.Write(main, output => conversation.WriteOpening(output, openReturnPath: main.IsBidirectional, advisePostcopy: options.Postcopy));
        Move(MigrationState.Active);
        var returnPath = new ReturnPathReader(main);
        var destination = new PageServer(blocks, returnPath, requested: null, Statistics);
        using var reader = machine.Ram.OpenReader();
        using var writer = new PageRecordWriter(main, blocks, machine.Outline.RamSectionId, framed: true, Statistics);
        var pump = new RoundPump(blocks, pending, reader, writer);
        try
        {
            if (SendRounds(pump, destination) == RoundDecision.Postcopy) SwitchToPostcopy(writer, returnPath);
            else SwitchOver(pump, destination, commit);
        }
        catch (PeerLostException) when (main.IsBidirectional && State != MigrationState.PostcopyActive)
        {
            // The destination may have said why before it went: its SHUT tells more than a broken pipe.
            while (!destination.IsShut && destination.ServeNext(TimeSpan.Zero))
            {
            }
            throw;
        }
    }

    /// <summary>Rounds until the policy, or <see cref="StartPostcopy"/>, ends them.</summary>
    private RoundDecision SendRounds(RoundPump pump, PageServer destination)
    {
        var pacer = new Pacer(options.BandwidthBytesPerSecond, TimeProvider.System);
        var time = TimeProvider.System;
        pending.AddAll();
        for (var round = 1; ; round++)
        {
            var (begun, before) = (time.GetTimestamp(), Statistics.StreamBytes);
            var paced = before;
            for (var run = 1; pump.SendNext(); run++)
            {
                if (postcopyWanted && options.Postcopy) return RoundDecision.Postcopy;
                if (run % RunsPerLook == 0 && channels.Main.IsBidirectional) Look(destination);
                if (options.BandwidthBytesPerSecond is null) continue;
                var now = Statistics.StreamBytes;
                pacer.Pushed(now - paced);
                paced = now;
                if (pacer.HoldBack(0) is var delay && delay > TimeSpan.Zero) Thread.Sleep(delay);
            }
            pending.Collect(machine.Dirty);
            var decision = policy.Decide(new RoundFacts(round, Statistics.StreamBytes - before, time.GetElapsedTime(begun), pending.Bytes));
            Statistics.NoteRound(round, pending.Bytes, policy);
            options.Progress?.Report(Statistics);
            if (policy.ThrottlePercent > 0 && machine.Throttle is { } throttle)
            {
                isThrottled = true;
                throttle.Throttle(policy.ThrottlePercent);
            }
            if (postcopyWanted && options.Postcopy) return RoundDecision.Postcopy;
            if (decision != RoundDecision.Iterate) return decision;
        }
    }

    private static void Look(PageServer destination)
    {
        while (destination.ServeNext(TimeSpan.Zero))
        {
            if (destination.IsShut) throw new PeerLostException("the destination said that it has everything before it had");
        }
    }

    private void SwitchOver(RoundPump pump, PageServer destination, Action commit)
    {
        StopMachine();
        if (options.BeforeSwitchover is { } released)
        {
            Move(MigrationState.PreSwitchover);
            released();
        }
        Move(MigrationState.Device);
        pending.Collect(machine.Dirty);
        // What was added behind the place where the pump stands is found in a second pass.
        while (pump.SendNext() || pending.Count > 0)
        {
        }
        machine.Dirty.Stop();
        var conversation = Conversation(machine.Devices.Save());
        control.Write(channels.Main, conversation.WriteStoppedState);
        commit();
        control.Write(channels.Main, conversation.WriteEnd);
        if (channels.Main.IsBidirectional)
        {
            while (!destination.IsShut) destination.ServeNext(Timeout.InfiniteTimeSpan);
        }
        Statistics.SetDowntime(TimeProvider.System.GetElapsedTime(stopped));
        // The destination looks for the end, to be sure that nothing follows.
        channels.Main.CloseWrite();
    }

    private void SwitchToPostcopy(PageRecordWriter writer, ReturnPathReader returnPath)
    {
        writer.Send();
        StopMachine();
        Move(MigrationState.Device);
        pending.Collect(machine.Dirty);
        machine.Dirty.Stop();
        // At least one discard must come before LISTEN, or QEMU waits for itself for ever.
        if (pending.Count == 0) pending.Add(0, 0);
        var sent = new SentPages(blocks, pending);
        var devices = machine.Devices.Save();
        var conversation = Conversation(devices);
        var settings = new PostcopySettings
        {
            RamSectionId = machine.Outline.RamSectionId,
            HostPages = hostPages,
            RequestLog = options.RequestLog,
            BandwidthBytesPerSecond = options.BandwidthBytesPerSecond,
            PushPages = options.PushPages,
        };
        using var sender = new PostcopySender(machine.Ram, channels, settings, sent, Statistics, returnPath);
        control.Write(channels.Main, output => conversation.WriteSwitchToPostcopy(output, sent));
        Move(MigrationState.PostcopyActive);
        Statistics.SetDowntime(TimeProvider.System.GetElapsedTime(stopped));
        sender.SendRemaining();
        if (channels.Preempt is { } preempt) control.Write(preempt, Wire.Ram.RamRecordWriter.WriteEndOfSection);
        control.Write(channels.Main, conversation.WritePostcopyEnding);
        sender.AwaitShut();
    }

    private void StopMachine()
    {
        stopped = TimeProvider.System.GetTimestamp();
        machine.Control.Stop();
        isStopped = true;
    }

    // Its recorded section id is the outline's, whatever the devices say: the section is open already.
    private ConversationWriter Conversation(DeviceState devices) =>
        new(devices with { RamSectionId = machine.Outline.RamSectionId }, blocks, StreamDialect.Default) { HostPages = hostPages };

    /// <summary>Breaks the connection, lets the machine go on where it is still ours, and names the failure as what it is.</summary>
    private Exception GiveUp(Exception failure, CancellationToken cancellationToken)
    {
        var isCancelled = cancellationToken.IsCancellationRequested;
        channels.Abort();
        machine.Dirty.Stop();
        if (isThrottled) machine.Throttle?.Throttle(0);
        if (State == MigrationState.PostcopyActive && !isCancelled)
        {
            Move(MigrationState.PostcopyPaused);
        }
        else
        {
            var isOurs = State != MigrationState.PostcopyActive;
            Move(isCancelled ? MigrationState.Cancelled : MigrationState.Failed);
            if (isOurs && isStopped) machine.Control.Start();
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
