#pragma warning disable CA1416 // QEMUs are tested on Linux.
#pragma warning disable xUnit1051 // Every wait here has a limit of its own, and a test that is cancelled in the middle would leave its QEMU behind.
using System.Net.Sockets;
using Savevm.Interop.Lab;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.Destination;
using Savevm.Qemu.Source;
using Monitor = Savevm.Qemu.Qmp;

namespace Savevm.Interop.Qemu;

/// <summary>QEMUs that we start: from a rebuilt command line, waiting for state, mapped from images; and what is said when they fail.</summary>
public sealed class QemuDestinationTests
{
    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Theory]
    [MemberData(nameof(Qemus))]
    [Trait("User", "ordinary")]
    public async Task ARebuiltCommandLineTakesTheGuestOver(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu));
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        QemuFacts facts = await source.ReadFactsAsync();
        RunDirectory run = RunDirectory.Create(workspace.RunFolder);
        RebuiltCommandLine line = Rebuild(facts, run);
        using QemuProcess process = Start(facts, line, run);
        try
        {
            run.Describe(new GuestDescription { Snapshot = "web", ProcessId = process.ProcessId, Sockets = line.Replaced, Monitor = line.UserMonitorPath });
            await using Monitor.QmpClient monitor = await process.OpenMonitorAsync();
            var destination = new QemuDestination(monitor);
            string incoming = Path.Combine(run.Path, "incoming");
            await destination.PrepareAsync(new DestinationPlan("unix:" + incoming, Postcopy: false));
            await using MigrationSink sink = await MigrationSink.OnwardToAsync(incoming);
            await source.StartMigrationAsync(new SourceMigrationPlan { Mode = SourceMode.Stop, UseReturnPath = false }, sink.Theirs, null);
            await source.WaitCompletedAsync();
            await guest.ReadAsync();
            await destination.WaitForCompletionAsync();

            // It was saved standing still, so it comes back standing still.
            Assert.Equal("paused", await destination.QueryStatusAsync());
            await destination.ContinueAsync();
            await destination.WaitForRunAsync();
            await using LabGuest back = await LabGuest.AttachAsync(workspace, process.ProcessId, line.Replaced[Path.Combine(guest.Folder, "lab")]);
            await back.MoreTicksAsync(3);
            back.Log.AssertContinues(guest.Log);
            Assert.True(process.DescribeExit() is null);
        }
        finally
        {
            process.Kill();
        }

        Assert.Contains("signal 9", process.DescribeExit(), StringComparison.Ordinal);
        run.Remove();
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    [Trait("User", "ordinary")]
    public async Task PostcopyIsTakenOrItsObstacleIsNamed(string name)
    {
        await using var workspace = new Workspace();
        using var started = await StartedAsync(workspace, name, line => line with { Lazy = true });
        var destination = new QemuDestination(started.Monitor);
        var plan = new DestinationPlan($"unix:{started.Run.Path}/incoming", Postcopy: true, Preempt: true);
        if (QemuLab.UserfaultfdAllowed)
        {
            await destination.PrepareAsync(plan);
            Assert.Equal("inmigrate", await destination.QueryStatusAsync());
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(started.Run.Path + "/incoming"));
        }
        else
        {
            var refusal = await Assert.ThrowsAsync<PostcopyUnavailableException>(() => destination.PrepareAsync(plan));
            Assert.Contains("vm.unprivileged_userfaultfd", refusal.Hint, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AClonesMemoryIsMappedFromItsImageAndTheImageStaysAsItIs(string name)
    {
        await using var workspace = new Workspace();
        string image = Path.Combine(workspace.NewFolder("i"), "ram");
        await using (FileStream file = File.Create(image))
        {
            file.SetLength(64L << 20);
            file.Position = 32L << 20;
            file.Write("still here"u8);
        }

        byte[] before = await File.ReadAllBytesAsync(image);
        EmulatorFacts emulator = await EmulatorProbe.AskAsync(QemuLab.Named(name).Path, workspace.NewFolder("c"));
        File.SetUnixFileMode(image, emulator.CanMapReadOnlyImages ? UnixFileMode.UserRead : UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var started = await StartedAsync(workspace, name, line => line with
        {
            Images = new Dictionary<string, string> { ["pc.ram"] = image },
            ReadOnlyImages = emulator.CanMapReadOnlyImages,
            Incoming = false,
        });
        var source = QemuSource.Attach(started.Monitor);
        QemuFacts facts = await source.ReadFactsAsync();
        Assert.Equal("pc.ram", facts.MainRamId);
        Assert.Equal(64L << 20, facts.MemoryBytes);
        Assert.Contains(facts.MemoryBackends, backend => backend is { Id: "pc.ram", Shared: false, Bytes: 64L << 20 });
        Assert.Contains(image, File.ReadAllText($"/proc/{started.Process.ProcessId}/maps"), StringComparison.Ordinal);
        await Task.Delay(300);
        Assert.Equal(before, await File.ReadAllBytesAsync(image));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ABrokenStreamIsAFailureWithQemusOwnWords(string name)
    {
        await using var workspace = new Workspace();
        using var started = await StartedAsync(workspace, name, line => line);
        var destination = new QemuDestination(started.Monitor);
        string incoming = started.Run.Path + "/incoming";
        await destination.PrepareAsync(new DestinationPlan("unix:" + incoming, Postcopy: false));
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(incoming));
            await socket.SendAsync("this is not a migration stream"u8.ToArray(), SocketFlags.None);
        }

        await Assert.ThrowsAnyAsync<QemuException>(() => destination.WaitForRunAsync());
        Assert.NotEqual(0, await started.Process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token));
        Assert.Contains("load of migration failed", started.Process.DescribeExit(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AQemuThatDoesNotStartSaysWhy(string name)
    {
        await using var workspace = new Workspace();
        string log = Path.Combine(workspace.NewFolder("l"), "log");
        using QemuProcess process = QemuProcess.Start(new QemuStart
        {
            Executable = QemuLab.Named(name).Path,
            Arguments = ["-machine", "nosuchmachine"],
            LogPath = log,
        });
        await using Monitor.QmpClient monitor = await process.OpenMonitorAsync();
        var failure = await Assert.ThrowsAsync<Monitor.QmpConnectionException>(() => monitor.ExecuteAsync("query-status"));
        Assert.Equal(Monitor.QmpFailure.Closed, failure.Failure);
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Matches("^QEMU ended with exit code 1: .*unsupported machine type", process.DescribeExit());

        var absent = Assert.Throws<QemuStartException>(() => QemuProcess.Start(new QemuStart { Executable = "/nowhere/qemu", Arguments = [] }));
        Assert.Contains("/nowhere/qemu", absent.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AnEmulatorIsAskedOnceAndRememberedUntilItChanges(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        string cache = workspace.NewFolder("c");
        EmulatorFacts facts = await EmulatorProbe.AskAsync(qemu.Path, cache);
        Assert.StartsWith(qemu.Version.ToString(), facts.Version, StringComparison.Ordinal);
        Assert.Equal(qemu.Machine("pc"), facts.Machine("pc")!.Name);
        Assert.Equal(qemu.Machine("q35"), facts.Machine("q35")!.Name);
        Assert.Equal("pc.ram", facts.Machine(null)!.DefaultRamId);
        Assert.Null(facts.Machine("nosuchmachine"));
        Assert.Contains("tcg", facts.Accelerators);
        Assert.Contains("kvm", facts.Accelerators);
        Assert.Equal(qemu.Version.Major >= 9, facts.CanMapReadOnlyImages);

        string file = Assert.Single(Directory.GetFiles(cache));
        File.WriteAllText(file, File.ReadAllText(file).Replace("pc.ram", "remembered", StringComparison.Ordinal));
        Assert.Equal("remembered", (await EmulatorProbe.AskAsync(qemu.Path, cache)).Machine(null)!.DefaultRamId);
        File.WriteAllText(file, "{");
        Assert.Equal("pc.ram", (await EmulatorProbe.AskAsync(qemu.Path, cache)).Machine(null)!.DefaultRamId);
        var none = await Assert.ThrowsAsync<QemuStartException>(() => EmulatorProbe.AskAsync("/bin/true", cache));
        Assert.Contains("/bin/true", none.Message, StringComparison.Ordinal);
    }

    private static RebuiltCommandLine Rebuild(QemuFacts facts, RunDirectory run) => CommandLineRebuild.Rebuild(new RebuildRequest
    {
        RecordedArguments = facts.Process!.Arguments,
        RecordedWorkingDirectory = facts.Process.WorkingDirectory!,
        RunDirectory = run.Path,
        MonitorDescriptor = QemuProcess.MonitorDescriptor,
        MachineType = facts.MachineType,
        Accelerator = facts.Accelerator,
    });

    private static QemuProcess Start(QemuFacts facts, RebuiltCommandLine line, RunDirectory run) => QemuProcess.Start(new QemuStart
    {
        Executable = facts.Process!.Executable!,
        ProgramArgument = facts.Process.Arguments[0],
        Arguments = line.Arguments,
        WorkingDirectory = line.WorkingDirectory,
        Environment = facts.Process.Environment,
        LogPath = run.LogPath,
    });

    private static async Task<Started> StartedAsync(Workspace workspace, string name, Func<RebuildRequest, RebuildRequest> change)
    {
        QemuInstallation qemu = QemuLab.Named(name);
        RunDirectory run = RunDirectory.Create(workspace.RunFolder);
        RebuiltCommandLine line = CommandLineRebuild.Rebuild(change(new RebuildRequest
        {
            RecordedArguments = [qemu.Path, .. Guests.Usual(qemu).Arguments("/recorded")],
            RecordedWorkingDirectory = "/",
            RunDirectory = run.Path,
            MonitorDescriptor = QemuProcess.MonitorDescriptor,
            MainRamId = "pc.ram",
        }));
        var process = QemuProcess.Start(new QemuStart { Executable = qemu.Path, Arguments = line.Arguments, LogPath = run.LogPath });
        return new Started(process, await process.OpenMonitorAsync(), run);
    }

    private sealed record Started(QemuProcess Process, Monitor.QmpClient Monitor, RunDirectory Run) : IDisposable
    {
        public void Dispose()
        {
            Process.Kill();
            Process.Dispose();
            Run.Remove();
        }
    }
}
