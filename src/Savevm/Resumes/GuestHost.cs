using Savevm.Disks;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.Destination;
using Savevm.Qemu.Qmp;
using Savevm.Resumes.Identity;
using Savevm.Resumes.Recovery;
using Savevm.Transport;

namespace Savevm.Resumes;

/// <summary>
/// The QEMU that is to have a guest: one that we start, one whose monitor the user gave us, or one that waits at an address.
/// What we started is ours to kill; what the user started is left alone.
/// </summary>
internal sealed class GuestHost : IDisposable
{
    private readonly ResumePlan plan;
    private readonly RunDirectory? directory;
    private readonly QmpClient? client;
    private readonly string address;
    private PortReservations? ports;

    private GuestHost(ResumePlan plan, string address, RunDirectory? directory, QemuProcess? process, QmpClient? client, RebuiltCommandLine? commandLine)
    {
        this.plan = plan;
        this.address = address;
        this.directory = directory;
        this.client = client;
        Process = process;
        CommandLine = commandLine;
        Destination = client is null ? null : new QemuDestination(client);
    }

    /// <summary>The process, when it is ours.</summary>
    public QemuProcess? Process { get; }

    /// <summary>What it was started with, when it is ours.</summary>
    public RebuiltCommandLine? CommandLine { get; }

    /// <summary>Its disks, when it is ours.</summary>
    public GuestDisks? Disks { get; private init; }

    /// <summary>Its monitor; null for a QEMU that only waits at an address.</summary>
    public QemuDestination? Destination { get; }

    /// <summary>It is no more, as far as we can tell.</summary>
    public bool HasEnded => Process?.HasExited ?? client?.Closed.IsCompleted ?? false;

    /// <summary>Its guest runs without all its RAM, and nobody serves it any more.</summary>
    public bool IsUnfinished { get; set; }

    /// <summary>The folder with its sockets and its log, when it is ours.</summary>
    public string? DirectoryPath => Process is null ? null : directory?.Path;

    /// <summary>Requested pages get a connection of their own.</summary>
    public bool UsesPreempt => plan.Mode == ResumeMode.Lazy && plan.Emulator is { HasPreempt: true } && plan.Request.Prefetch == Prefetch.All;

    /// <summary>Opens it; a QEMU that is started here has not come up yet when this returns.</summary>
    public static async Task<GuestHost> OpenAsync(ResumePlan plan, int index, CancellationToken cancellationToken)
    {
        if (plan.Request.ConnectUri is { } uri) return new GuestHost(plan, uri, null, null, null, null);
        var directory = RunDirectory.Create(cleans: false);
        try
        {
            if (plan.Request.QmpSocket is not { } socket) return await StartAsync(plan, index, directory, cancellationToken).ConfigureAwait(false);
            var description = new GuestDescription
            {
                Snapshot = plan.Request.Name,
                SnapshotIdentity = plan.SnapshotIdentity,
                Repository = plan.Request.RepositoryPath,
                Mode = NameOf(plan.Mode),
                Monitor = socket,
                IsUsersOwn = true,
            };
            directory.Describe(description);
            var client = await QmpClient.ConnectAsync(socket, new QmpOptions(EnableOob: true), cancellationToken).ConfigureAwait(false);
            if (client.PeerProcessId is { } id) directory.Describe(description with { ProcessId = id, Started = DateTimeOffset.UtcNow });
            return new GuestHost(plan, IncomingAddress(directory), directory, null, client, null);
        }
        catch
        {
            directory.Remove();
            throw;
        }
    }

    private static async Task<GuestHost> StartAsync(ResumePlan plan, int index, RunDirectory directory, CancellationToken cancellationToken)
    {
        var disks = GuestDisks.Make(plan.Disks, plan.Snapshot.DirectoryPath, plan.Request.RepositoryPath, plan.Request.Name, plan.Request.Disks);
        var ports = new PortReservations();
        try
        {
            return await StartAsync(plan, index, directory, disks, ports, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            disks.Remove();
            ports.Dispose();
            throw;
        }
    }

    private static async Task<GuestHost> StartAsync(
        ResumePlan plan, int index, RunDirectory directory, GuestDisks disks, PortReservations ports, CancellationToken cancellationToken)
    {
        var emulator = plan.Emulator!;
        int? number = plan.Request.Clones > 1 ? index + 1 : null;
        var commandLine = CommandLineRebuild.Rebuild(new RebuildRequest
        {
            RecordedArguments = emulator.Arguments,
            RecordedWorkingDirectory = emulator.WorkingDirectory,
            RunDirectory = directory.Path,
            MonitorDescriptor = QemuProcess.MonitorDescriptor,
            KeepAddresses = emulator.IsUsersOwn,
            UserMonitor = !emulator.IsUsersOwn,
            MachineType = emulator.IsUsersOwn ? null : plan.Machine.Type,
            Accelerator = emulator.IsUsersOwn ? null : plan.Machine.Accelerator,
            // A guest that its user had paused must not run by itself; a postcopy destination would start it whatever was recorded.
            StartPaused = !plan.GuestRan,
            Lazy = plan.Mode == ResumeMode.Lazy,
            Images = plan.Mode == ResumeMode.Clone ? MappedImages(plan) : null,
            ReadOnlyImages = emulator.CanMapReadOnlyImages,
            MainRamId = plan.MainRamId,
            MainRamBytes = plan.Machine.MemoryBytes,
            Disks = disks.Replacements,
            CloneNumber = number,
            DefaultName = plan.Request.Name,
            Settings = plan.Settings,
            Ports = ports,
        });
        var process = QemuProcess.Start(new QemuStart
        {
            Executable = emulator.Executable,
            Arguments = commandLine.Arguments,
            WorkingDirectory = commandLine.WorkingDirectory,
            Environment = emulator.Environment,
            LogPath = directory.LogPath,
            ProtectImages = plan.Mode == ResumeMode.Clone && !emulator.CanMapReadOnlyImages,
        });
        try
        {
            directory.Describe(new GuestDescription
            {
                Snapshot = plan.Request.Name,
                SnapshotIdentity = plan.SnapshotIdentity,
                Repository = plan.Request.RepositoryPath,
                ProcessId = process.ProcessId,
                Mode = NameOf(plan.Mode),
                Name = commandLine.GuestName,
                Number = number,
                Started = DateTimeOffset.UtcNow,
                Monitor = commandLine.UserMonitorPath,
                Sockets = commandLine.Replaced,
            });
            disks.Belongs(process.ProcessId);
            var client = await process.OpenMonitorAsync(cancellationToken).ConfigureAwait(false);
            return new GuestHost(plan, IncomingAddress(directory), directory, process, client, commandLine) { Disks = disks, ports = ports };
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>A mode as the command line spells it.</summary>
    public static string NameOf(ResumeMode mode) => mode switch
    {
        ResumeMode.Lazy => "lazy",
        ResumeMode.Clone => "clone",
        ResumeMode.Full => "full",
        _ => "auto",
    };

    /// <summary>The RAM blocks that a clone maps instead of receiving: main RAM and every other memory backend.</summary>
    public static IReadOnlyDictionary<string, string> MappedImages(ResumePlan plan)
    {
        var mapped = new Dictionary<string, string>(StringComparer.Ordinal);
        var mainRamId = plan.MainRamId;
        foreach (var block in plan.Snapshot.Ram.Blocks)
        {
            if (block.IdStr == mainRamId || plan.Machine.MemoryBackends.Contains(block.IdStr))
                mapped[block.IdStr] = plan.Snapshot.RamImagePath(block.Index);
        }
        return mapped;
    }

    /// <summary>Bytes of its host pages by RAM block, where they are huge; known when it listens for pages on demand.</summary>
    public IReadOnlyDictionary<string, long> HostPageBytes { get; private set; } = new Dictionary<string, long>();

    /// <summary>Lets it listen for the state.</summary>
    public async Task ListenAsync(CancellationToken cancellationToken)
    {
        if (Destination is null) return;
        try
        {
            var describe = plan.Emulator is not { MayDiffer: false } || plan.Settings.Count > 0;
            var prepared = await Destination.PrepareAsync(new DestinationPlan(address, plan.Mode == ResumeMode.Lazy, UsesPreempt, describe), cancellationToken).ConfigureAwait(false);
            if (prepared.Machine is { } waiting) WaitingIdentity.Check(plan.Machine, plan.Snapshot.Ram.Blocks, waiting, plan.Request.Name);
            HostPageBytes = prepared.HostPageBytes;
        }
        catch (QmpConnectionException gone) when (Process is not null)
        {
            throw await ExplainAsync(gone).ConfigureAwait(false);
        }
        finally
        {
            // It listens, so it has taken the ports of its command line, or it will never.
            ports?.Dispose();
        }
    }

    /// <summary>
    /// Makes ready for the end of this process while the guest waits for RAM, and says what could not be recovered then. Null where nothing can be
    /// made ready.
    /// </summary>
    public RecoveryStandby? StandBy(IOperationObserver observer)
    {
        if (client is null)
        {
            observer.Note($"should savevm end before all RAM has arrived, only who has the monitor of this QEMU can have the guest back: migrate-recover there, then {Interruption.CommandOf(plan.Request)} --connect {address}");
            return null;
        }
        if (Process is null && !client.HasOob)
            observer.Note("this monitor has no out-of-band commands: should savevm end before all RAM has arrived, the guest can be recovered only while QEMU's main loop waits for no page");
        if (Process is null && client.PeerProcessId is null)
            observer.Note($"the process behind this monitor is not known: should savevm end before all RAM has arrived, name the monitor again: {Interruption.CommandOf(plan.Request)} --qmp {plan.Request.QmpSocket}");
        return RecoveryStandby.Begin(plan.Request, directory!.Path, client, observer);
    }

    /// <summary>A new connection when one breaks; null where nobody can tell QEMU to listen.</summary>
    public Reconnection? Reconnection => Destination is { } destination ? new Reconnection(destination, directory!.Path, UsesPreempt) : null;

    /// <summary>Connects the channels of the migration.</summary>
    public ChannelSet Connect(CancellationToken cancellationToken) => Reconnection.Connect(address, UsesPreempt, cancellationToken);

    /// <summary>Removes what other guests left that have ended. Not before this one's QEMU is on its way: it would wait for that.</summary>
    public void CleanUp()
    {
        if (directory is not null) RunDirectory.RemoveAbandoned(Path.GetDirectoryName(directory.Path)!);
    }

    /// <summary>The guest runs: it is nobody's to clean up any more.</summary>
    public void GuestRuns()
    {
        directory?.GuestRuns();
        Disks?.GuestRuns(Process?.ProcessId);
    }

    /// <summary>What a broken connection to it means: its own last word, when it has ended.</summary>
    public async Task<Exception> ExplainAsync(Exception broken)
    {
        if (Process is null) return broken;
        using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await Process.WaitForExitAsync(moment.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return broken;
        }
        return RefusalText.Explain(Process.ErrorLines(), plan.Snapshot, plan.Request.Name, broken)
            ?? new SavevmException(ExitCode.PeerFailed, $"resume of {plan.Request.Name}", Process.DescribeExit() ?? broken.Message, HintFor(Process.LastErrorLine()), broken);
    }

    private static string? HintFor(string? lastLine) => lastLine?.Contains("unable to map backing store", StringComparison.Ordinal) == true
        ? "its memory is of huge pages, and too few of them are free: reserve more in /proc/sys/vm/nr_hugepages, or take --mode clone, which needs none"
        : null;

    /// <summary>Ends what we started and removes its folder.</summary>
    public void Kill()
    {
        Process?.Kill();
        directory?.Remove();
        Disks?.GuestEnded();
    }

    /// <summary>Lets go of it: a guest that runs goes on running.</summary>
    public void Dispose()
    {
        client?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        // The folder of a QEMU that is not ours is there for the migration only; that of one that has ended serves nobody.
        var isOver = Process?.HasExited ?? !IsUnfinished;
        Process?.Dispose();
        if (!isOver) return;
        directory?.Remove();
        Disks?.GuestEnded();
    }

    private static string IncomingAddress(RunDirectory directory) => $"unix:{Path.Combine(directory.Path, "incoming")}";
}
