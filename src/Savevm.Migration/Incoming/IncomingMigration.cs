using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.Migration.Core;
using Savevm.Migration.Incoming.Multifd;
using Savevm.Migration.Metrics;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Incoming;

/// <summary>
/// The destination's engine: reads a forward stream, hands RAM and devices to a machine and answers on the return path. It
/// cannot tell a snapshot's writer from a machine that will run, and it never names a file.
/// </summary>
/// <remarks>
/// Until the machine has taken everything and SHUT 0 is written, authority over the guest stays with the source; every failure
/// before says SHUT 1 where a return path exists and breaks the connection, so that the source goes on at once.
/// Conversations: <c>docs/wire-format.md</c>, chapter 8. One migration per instance; <see cref="Run"/> blocks its thread.
/// </remarks>
public sealed class IncomingMigration : IDisposable
{
    private const int ControlLimit = WireLimits.MaxIdStrBytes + 64;

    private readonly DestinationMachine machine;
    private readonly MultifdReceiver? multifd;
    private readonly StreamDialect dialect;
    private readonly PageReceiver pages;
    private readonly LiveSectionReader live;
    private readonly SectionCollector devices = new();
    private readonly List<RecordedCommand> commands = [];
    private readonly List<string> remarks = [];
    private readonly IncomingCore core;
    private ChannelSet channels;
    private IByteChannel channel;
    private ForwardWindow window;
    private CancellationToken cancellation;
    private Exception? broken;
    private PostcopyArrival? postcopy;
    private ChannelSet? recovered;
    private ForwardWindow? package;
    private ReturnPathWriter? returnPath;
    private ConfigurationRecord? configuration;
    private DeviceState? taken;
    private byte[] description = [];

    /// <summary>Prepares to read <paramref name="channel"/> into <paramref name="machine"/>. Nothing is read yet.</summary>
    public IncomingMigration(DestinationMachine machine, IByteChannel channel, StreamDialect? dialect = null)
        : this(machine, new ChannelSet(channel), dialect)
    {
    }

    /// <summary>Prepares to read <paramref name="channels"/>, which stay the caller's, into <paramref name="machine"/>.</summary>
    public IncomingMigration(DestinationMachine machine, ChannelSet channels, StreamDialect? dialect = null)
    {
        this.machine = machine;
        (this.channels, channel) = (channels, channels.Main);
        this.dialect = dialect ?? StreamDialect.Default;
        window = new ForwardWindow(channel);
        multifd = channels.Multifd.Count > 0 ? new MultifdReceiver(channels.Multifd, machine.Ram, Statistics, BreakOff) : null;
        pages = new PageReceiver(window, machine.Ram, this.dialect, multifd, Statistics);
        live = new LiveSectionReader(window, pages, machine.Loaders, devices) { Approved = Agree };
        core = new IncomingCore { StateChanged = state => StateChanged?.Invoke(state) };
    }

    /// <summary>Where the migration stands; any thread may read it.</summary>
    public MigrationState State => core.State;

    /// <summary>Called on the engine's thread after every change of <see cref="State"/>.</summary>
    public Action<MigrationState>? StateChanged { get; init; }

    /// <summary>
    /// The source waits until this side has agreed to the switch-over, as with QEMU's capability <c>switchover-ack</c>: at once where no loader needs
    /// to, else when each has.
    /// </summary>
    public bool SwitchoverAck { get; init; }

    /// <summary>
    /// Postcopy: called on the engine's thread when the connection broke, with the reason; gives the source's new one, which becomes the engine's.
    /// May block, and be called again and again. Null, or a null answer: the migration ends here, and the machine waits for pages for ever.
    /// A channel for requested pages comes after the main one has spoken: <see cref="ChannelReception.Later"/>.
    /// </summary>
    public Func<Exception, CancellationToken, ChannelSet?>? Recovery { get; init; }

    /// <summary>Clock and threads.</summary>
    internal Surroundings Surroundings { get; init; } = Surroundings.Real;

    /// <summary>Counters; any thread may read them.</summary>
    public MigrationStatistics Statistics { get; } = new();

    /// <summary>Reads the whole stream. Returns when the machine has everything and the source was told so.</summary>
    /// <exception cref="WireException">The stream has a defect; names the offset.</exception>
    /// <exception cref="PeerLostException">The source ended or broke the connection early.</exception>
    /// <exception cref="MachineRefusedException">The machine cannot take the state.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IncomingResult Run(CancellationToken cancellationToken)
    {
        cancellation = cancellationToken;
        core.Step(IncomingInput.Begin, 0);
        // Only the connections of now can be broken; those that were given in place of them are others.
        using var abort = cancellationToken.Register(() => channels.Abort());
        try
        {
            multifd?.Start(Surroundings);
            while (!core.IsOver) Go();
            return new IncomingResult(taken!, pages.Blocks, remarks);
        }
        finally
        {
            postcopy?.Dispose();
            multifd?.End();
            live.Cleanup();
        }
    }

    /// <summary>Does what is to be done. A failure leads on where a new connection may come; else it ends the migration.</summary>
    private void Go()
    {
        var wasPaused = core.Phase == IncomingPhase.Paused;
        try
        {
            if (!core.IsOurs) cancellation.ThrowIfCancellationRequested();
            Do(core.Action);
        }
        catch (Exception failure)
        {
            broken = GiveUp(failure);
            if (core.Phase == IncomingPhase.Ended) return;
            if (wasPaused || core.Phase != IncomingPhase.Paused || Recovery is null || cancellation.IsCancellationRequested) throw broken;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        postcopy?.Dispose();
        multifd?.Dispose();
        pages.Dispose();
        package?.Dispose();
        window.Dispose();
        recovered?.Dispose();
    }

    private void Do(IncomingAction action)
    {
        switch (action)
        {
            case IncomingAction.ReadRecord when core.Phase == IncomingPhase.Start:
                ReadHeader();
                return;
            case IncomingAction.ReadRecord:
                ReadRecord(package ?? window, nested: package is not null);
                return;
            case IncomingAction.ReadDescription:
                description = StreamEnding.ReadDescription(window, devices, remarks);
                Statistics.SetStreamBytes(window.Offset);
                break;
            case IncomingAction.LoadDevices:
                machine.Devices.AcceptDevices(taken = CollectedState());
                break;
            case IncomingAction.SayShut:
                postcopy?.Dispose();
                if (core.IsOurs) machine.Faults?.End();
                returnPath?.Shut(0);
                break;
            case IncomingAction.AwaitEnd:
                StreamEnding.AwaitEnd(window, canConfirm: returnPath is not null && channel.IsBidirectional);
                break;
            case IncomingAction.AwaitConnection:
                AwaitConnection();
                break;
            case IncomingAction.StartMachine:
                // Nothing of a package is read behind the word that told the machine to run.
                (package, var read) = (null, package);
                read?.Dispose();
                machine.Control.Start();
                break;
            default:
                throw new InvalidOperationException($"{action} is nothing that is done here");
        }
        Step(IncomingInput.Done);
    }

    private void ReadHeader()
    {
        StreamOpening.ReadHeader(window);
        Step(IncomingInput.Header);
        if (PeekType(window) != SectionType.Configuration) return;
        configuration = StreamOpening.ReadConfiguration(window, machine.Devices);
        Step(IncomingInput.Configuration);
    }

    private void ReadRecord(ForwardWindow from, bool nested)
    {
        if (nested && from.Unread.IsEmpty) throw new WireException(from.Offset, "the package ends without telling the machine to run");
        var type = PeekType(from);
        switch (type)
        {
            case SectionType.Start or SectionType.Part or SectionType.End or SectionType.Full:
                ReadSection(from, nested);
                break;
            case SectionType.Command:
                ReadCommand(from, nested);
                break;
            case SectionType.Eof when !nested:
                multifd?.DemandEnd(from.Offset);
                from.Consume(1);
                if (core.Phase == IncomingPhase.Running) postcopy?.AwaitLastPages(from);
                Step(IncomingInput.EndOfFile);
                break;
            default:
                throw new WireException(from.Offset, $"0x{(byte)type:x2} is no section type that may stand here");
        }
    }

    private void ReadSection(ForwardWindow from, bool nested)
    {
        SectionHeader header;
        int consumed;
        while (!ForwardReader.TryReadSectionHeader(from.Unread, from.Offset, out header, out consumed)) Need(from, ControlLimit);
        var at = from.Offset;
        if (header.Type == SectionType.Full)
        {
            Step(IncomingInput.Device);
            from.Consume(consumed);
            devices.Collect(from, header, early: core.Phase == IncomingPhase.Setup);
        }
        else
        {
            if (nested) throw new WireException(at, "a package holds device sections only");
            ReadLiveSection(header, at, consumed);
        }
        while (!ForwardReader.TryReadFooter(from.Unread, from.Offset, header.SectionId, out consumed)) Need(from, ControlLimit);
        from.Consume(consumed);
    }

    private void ReadLiveSection(SectionHeader header, long at, int consumed)
    {
        Step(header.Type switch
        {
            SectionType.Start => IncomingInput.LiveStart,
            SectionType.Part => IncomingInput.LivePart,
            _ => IncomingInput.LiveEnd,
        });
        window.Consume(consumed);
        live.Read(header, at);
    }

    private void ReadCommand(ForwardWindow from, bool nested)
    {
        CommandRecord? command;
        int consumed;
        while (!ForwardReader.TryReadCommand(from.Unread, from.Offset, out command, out consumed)) Need(from, ushort.MaxValue + 8);
        var at = from.Offset;
        if (commands.Count < WireLimits.MaxSections) commands.Add(new RecordedCommand((ushort)command.Type, command.Payload));
        from.Consume(consumed);
        switch (command.Type)
        {
            case CommandType.OpenReturnPath:
                Step(IncomingInput.NeutralCommand);
                returnPath ??= new ReturnPathWriter(channel);
                if (live.IsApproved) Agree();
                break;
            case CommandType.Ping:
                Step(IncomingInput.NeutralCommand);
                if (returnPath is null) throw new WireException(at, "a ping came before the return path was opened");
                returnPath.Pong(command.Value);
                break;
            case CommandType.SwitchoverStart:
                Step(IncomingInput.NeutralCommand);
                live.SwitchoverStarted();
                break;
            case CommandType.RecvBitmap:
                Step(IncomingInput.Bitmap);
                var asked = pages.FindBlock(command.BlockName, at);
                returnPath!.ReceivedBitmap(asked.IdStr, pages.ReceivedOf(asked.Index));
                break;
            case CommandType.PostcopyResume:
                Step(IncomingInput.Resume);
                returnPath!.ResumeAck();
                postcopy?.Resume(returnPath);
                break;
            case CommandType.PostcopyAdvise:
                Step(IncomingInput.Advise);
                // Blocks of huge pages then say so in the block list. Without a payload it is about other things than RAM.
                if (command.Payload.Length > 0) pages.ExpectPageSizes();
                break;
            case CommandType.PostcopyRamDiscard:
                Step(IncomingInput.Discard);
                pages.Discard(RamDiscard.Parse(command.Payload, at), at);
                break;
            case CommandType.Packaged when !nested:
                Step(IncomingInput.Package);
                ReadPackage(command.Value, at);
                break;
            case CommandType.PostcopyListen:
                Step(IncomingInput.Listen);
                postcopy = new PostcopyArrival(machine.Faults, pages, Surroundings, () => channels.Abort());
                postcopy.Begin(returnPath, channels.Preempt, at);
                break;
            case CommandType.PostcopyRun:
                Step(IncomingInput.Run);
                break;
            default:
                throw new WireException(at, $"command {command.Type} cannot be taken here");
        }
    }

    private void AwaitConnection()
    {
        channels = Recovery!(broken!, cancellation) ?? throw broken!;
        channel = channels.Main;
        recovered?.Dispose();
        recovered = channels;
        window.Dispose();
        window = new ForwardWindow(channel);
        pages.ContinueFrom(window);
        live.ContinueFrom(window);
        // There is no command for it: the new connection has a way back from the beginning.
        returnPath = new ReturnPathWriter(channel);
        postcopy?.ReadBeside(channels.Preempt);
    }

    private void ReadPackage(uint length, long at)
    {
        if (length is 0 or > WireLimits.MaxPackagedBytes) throw new WireException(at, $"a package of {length} bytes");
        while (window.Unread.Length < length) Need(window, (int)Math.Max(length, 1 << 20));
        package = new ForwardWindow(window.Unread[..(int)length], window.Offset);
        window.Consume((int)length);
    }

    private void Agree()
    {
        if (SwitchoverAck) returnPath?.SwitchoverAck();
    }

    private DeviceState CollectedState() => new()
    {
        MachineName = configuration?.MachineName,
        ConfigurationSubsections = configuration?.Subsections ?? [],
        RamSectionId = live.RamSectionId,
        Sections = [.. devices.Sections],
        Commands = [.. commands],
        Description = description,
    };

    /// <summary>Tells the source, breaks the connection and names the failure as what it is.</summary>
    private Exception GiveUp(Exception failure)
    {
        var named = cancellation.IsCancellationRequested
            ? new OperationCanceledException("The incoming migration was cancelled.", failure, cancellation)
            : postcopy?.Failure ?? multifd?.Failure ?? failure;
        if (core.IsOurs) channels.Abort();
        else BreakOff();
        postcopy?.Suspend();
        core.Step(named is OperationCanceledException ? IncomingInput.Cancel : IncomingInput.Failure, window.Offset);
        return named;
    }

    /// <summary>The source is told that it failed here, and whoever waits for a channel goes on. A multifd channel's thread may call it.</summary>
    private void BreakOff()
    {
        try
        {
            returnPath?.Shut(1);
        }
        catch (PeerLostException)
        {
        }
        channels.Abort();
    }

    private SectionType PeekType(ForwardWindow from)
    {
        while (from.Unread.IsEmpty) Need(from, ControlLimit);
        return (SectionType)from.Unread[0];
    }

    private void Need(ForwardWindow from, int limit)
    {
        if (from.Fill(Math.Max(limit, 1 << 20))) return;
        throw from == window
            ? new PeerLostException($"the stream ended at offset 0x{from.Offset:x}, in phase {core.Phase}")
            : new WireException(from.Offset, "a record is cut off by the end of its package");
    }

    private void Step(IncomingInput input) => core.Step(input, window.Offset);
}
