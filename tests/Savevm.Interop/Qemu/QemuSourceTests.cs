#pragma warning disable xUnit1051 // Every wait here has a limit of its own, and a test that is cancelled in the middle would leave its QEMU behind.
using System.Diagnostics;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;
using Savevm.Qemu;
using Savevm.Qemu.Source;
using Monitor = Savevm.Qemu.Qmp;

namespace Savevm.Interop.Qemu;

/// <summary>The conversation with a QEMU that somebody else started: what it is asked, what is put back, what the guest does meanwhile.</summary>
public sealed class QemuSourceTests
{
    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    public static TheoryData<string, SourceMode> Modes
    {
        get
        {
            var rows = new TheoryData<string, SourceMode>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                foreach (SourceMode mode in Enum.GetValues<SourceMode>())
                {
                    rows.Add(qemu.Name, mode);
                }
            }

            return rows;
        }
    }

    public static TheoryData<string, SourceMode> PausingModes => new(Modes.Where(row => row.Data.Item2 != SourceMode.Background));

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task FactsAreWhatTheQemuIs(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await LabGuest.StartAsync(
            workspace, qemu, Guests.Usual(qemu) with { Machine = "pc", Extra = ["-name", "web", "-uuid", "8a2d3c8e-0c1e-4c9a-a1f0-0d7a0b6f1c2d"] });
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        QemuFacts facts = await source.ReadFactsAsync();
        Assert.StartsWith(qemu.Version.ToString(), facts.Version, StringComparison.Ordinal);
        Assert.Equal(qemu.Machine("pc"), facts.MachineType);
        Assert.Equal("tcg", facts.Accelerator);
        Assert.Equal(64L << 20, facts.MemoryBytes);
        Assert.Equal("pc.ram", facts.MainRamId);
        Assert.Equal(1, facts.CpuCount);
        Assert.True(facts.IsRunning);
        Assert.Equal("running", facts.RunState);
        Assert.False(facts.Capabilities["background-snapshot"]);
        Assert.Equal("300", facts.Parameters["downtime-limit"]);
        Assert.Contains("migrate", facts.Commands);
        Assert.Equal(qemu.Version.Major >= 9, facts.CanMapReadOnlyImages);
        Assert.Equal("web", facts.Name);
        Assert.Equal("8a2d3c8e-0c1e-4c9a-a1f0-0d7a0b6f1c2d", facts.Uuid);
        Assert.Empty(facts.MigrationBlockers);
        Assert.Equal(guest.ProcessId, facts.Process!.ProcessId);
        Assert.Contains("-kernel", facts.Process.Arguments);
        Assert.Equal(Environment.CurrentDirectory, facts.Process.WorkingDirectory);
        Assert.True(File.Exists(facts.Process.Executable));
        Assert.Equal(
            (qemu.LosesWritesUnderTcg ? SourceMode.Stop : SourceMode.Live, qemu.LosesWritesUnderTcg),
            (QuirkTable.Decide(facts, null, "no") is var decision ? decision.Mode : default, decision.Sentences.Count == 1));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task TheGuestRunsOnAndEverySettingIsPutBack(string name, SourceMode mode)
    {
        Assert.SkipWhen(mode == SourceMode.Background && !QemuLab.UserfaultfdAllowed, "userfaultfd is kept for root here");
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu) with { Rate = 0 });

        // Somebody used it before: settings that would change the stream, and limits of their own.
        await guest.Monitor.ExecuteAsync("migrate-set-capabilities", new JsonObject
        {
            ["capabilities"] = new JsonArray(
                new JsonObject { ["capability"] = "multifd", ["state"] = true },
                new JsonObject { ["capability"] = "pause-before-switchover", ["state"] = true }),
        });
        await guest.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 123456789, ["downtime-limit"] = 111 });
        string settings = await MigrationSettings.ReadAsync(guest);
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        for (int round = 0; round < 2; round++)
        {
            await using var sink = MigrationSink.For(mode);
            await source.StartMigrationAsync(Plan(mode), sink.Theirs, sink.Reader);
            Assert.True(source.WasRunning);
            SourceProgress end = await source.WaitCompletedAsync();
            await source.LeaveAsync(SourceAfter.Run, source.WasRunning);
            await source.RestoreAsync();
            await source.RestoreAsync();
            Assert.Equal("completed", end.Status);
            Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
            Assert.True(sink.Bytes > 10L << 20, $"{sink.Bytes} bytes are not this guest");
            await guest.MoreTicksAsync(3);
            SourceProgress totals = await source.PollAsync();
            Assert.True(totals.TransferredBytes > 10L << 20);
        }

        Assert.Null(await source.EmergencyRestoreAsync());
        await guest.MoreTicksAsync(2);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ACancelledCaptureLeavesTheGuestRunning(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu));
        string settings = await MigrationSettings.ReadAsync(guest);
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        foreach (SourceMode mode in new[] { SourceMode.Live, SourceMode.Stop })
        {
            await using var sink = MigrationSink.For(SourceMode.Live);
            await source.StartMigrationAsync(Plan(mode) with { BandwidthBytesPerSecond = 1 << 20 }, sink.Theirs, null);
            await Task.Delay(200);
            SourceProgress progress = await source.PollAsync();
            Assert.True(progress.IsUnderWay, progress.Status);
            await source.CancelAsync();
            await source.LeaveAsync(SourceAfter.Run, source.WasRunning);
            await source.RestoreAsync();
            Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
            await guest.MoreTicksAsync(3);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task AnEmergencyAtAnyMomentBringsTheGuestBack(string name, SourceMode mode)
    {
        Assert.SkipWhen(mode == SourceMode.Background && !QemuLab.UserfaultfdAllowed, "userfaultfd is kept for root here");
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu));
        string settings = await MigrationSettings.ReadAsync(guest);
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        foreach (int delay in new[] { 0, 3, 20, 100, 1500 })
        {
            // Nobody reads: QEMU hangs in its write when the stream is full.
            var (ours, theirs) = Ends(mode);
            using (ours)
            using (theirs)
            {
                await source.StartMigrationAsync(Plan(mode), theirs, ours);
            }

            await Task.Delay(delay);
            long start = Stopwatch.GetTimestamp();
            Assert.Null(await source.EmergencyRestoreAsync());
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
            Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
            await guest.MoreTicksAsync(2);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task AKilledCaptureLeavesTheGuestRunningAndItsSettingsAsTheyWere(string name, SourceMode mode)
    {
        Assert.SkipWhen(mode == SourceMode.Background && !QemuLab.UserfaultfdAllowed, "userfaultfd is kept for root here");
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu));
        string settings = await MigrationSettings.ReadAsync(guest);
        foreach (int delay in new[] { 0, 300 })
        {
            QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
            var (ours, theirs) = Ends(mode);
            await source.StartMigrationAsync(Plan(mode), theirs, ours);
            theirs.Dispose();
            await Task.Delay(delay);

            // All that the kernel does for a process that is killed: its descriptors are closed.
            ours.Dispose();
            await source.AbandonAsync();
            await Task.Delay(500);
            await guest.MoreTicksAsync(5);
            Assert.Equal("running", await guest.Monitor.StatusAsync());
            await MigrationSettings.AssertBecomesAsync(settings, guest);
        }

        // And it can be captured again, once the guard has let go of the monitor.
        await using QemuSource again = await QemuSource.AttachAsync(guest.QmpPath);
        await using var sink = MigrationSink.For(mode);
        await again.StartMigrationAsync(Plan(mode), sink.Theirs, sink.Reader);
        await again.WaitCompletedAsync();
        await again.LeaveAsync(SourceAfter.Run, again.WasRunning);
        await again.RestoreAsync();
        await guest.MoreTicksAsync(2);
    }

    // Never in the background: QuirkTable.Decide takes a paused guest as it stands.
    [Theory]
    [MemberData(nameof(PausingModes))]
    public async Task APausedGuestStaysPaused(string name, SourceMode mode)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu));
        await guest.StopAsync();
        int tick = (await guest.ReadAsync()).LastTick;
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        await using (var sink = MigrationSink.For(mode))
        {
            await source.StartMigrationAsync(Plan(mode), sink.Theirs, sink.Reader);
            Assert.False(source.WasRunning);
            await source.WaitCompletedAsync();
            await source.LeaveAsync(SourceAfter.Run, source.WasRunning);
            await source.RestoreAsync();
        }

        await Task.Delay(100);
        Assert.Equal(tick, (await guest.ReadAsync()).LastTick);
        await using (var sink = MigrationSink.For(mode))
        {
            var refusal = await Assert.ThrowsAsync<SourceUnavailableException>(() => source.StartMigrationAsync(Plan(mode), sink.Theirs, null));
            Assert.Contains("cont", refusal.Hint, StringComparison.Ordinal);
        }

        await guest.ContinueAsync();
        await guest.MoreTicksAsync(2);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AfterStopAndQuitDoWhatTheySay(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu));
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        await using (var sink = MigrationSink.For(SourceMode.Live))
        {
            await source.StartMigrationAsync(Plan(SourceMode.Live), sink.Theirs, null);
            await source.WaitCompletedAsync();
            await source.LeaveAsync(SourceAfter.Stop, source.WasRunning);
            await source.RestoreAsync();
            Assert.Null(await source.EmergencyRestoreAsync());
        }

        Assert.NotEqual("running", await guest.Monitor.StatusAsync());
        await source.LeaveAsync(SourceAfter.Quit, source.WasRunning);
        Assert.Equal(0, await guest.Process.ExitAsync());
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ABusyMonitorNamesItsClient(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, Guests.Usual(qemu));
        await using var holder = workspace.Owns(LabProcess.Start("/bin/bash", ["-c", "exec /usr/bin/python3 -c \"import socket,sys,time; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(1000)); sys.stdout.flush(); time.sleep(60)\" " + guest.QmpPath]));
        await holder.UntilOutputAsync(text => text.Contains("QMP", StringComparison.Ordinal));
        var options = new Monitor.QmpOptions(GreetingTimeout: TimeSpan.FromMilliseconds(300));
        var busy = await Assert.ThrowsAsync<Monitor.MonitorBusyException>(() => Monitor.QmpClient.ConnectAsync(guest.QmpPath, options));
        Assert.Contains(busy.Owners, owner => owner.Contains($"pid {holder.Id}, its client", StringComparison.Ordinal));
        Assert.Contains(busy.Owners, owner => owner.Contains($"pid {guest.ProcessId}", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ABandwidthBelowTheDirtyRateIsSaidNotToConverge(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu) with { Rate = 400, Verify = 16 });
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        await using var sink = MigrationSink.For(SourceMode.Live);
        await source.StartMigrationAsync(
            Plan(SourceMode.Live) with { BandwidthBytesPerSecond = 4 << 20, DowntimeLimit = TimeSpan.FromMilliseconds(1) }, sink.Theirs, null);
        var watch = new ConvergenceWatch();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!watch.WillNotConverge)
        {
            await Task.Delay(50, limit.Token);
            watch.Observe(await source.PollAsync(limit.Token));
        }

        Assert.Contains("MiB/s", watch.Sentence, StringComparison.Ordinal);
        Assert.Null(await source.EmergencyRestoreAsync());
        await guest.MoreTicksAsync(2);
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task BackgroundIsPossibleOrItsObstacleIsNamed()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Oldest;
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, Guests.Usual(qemu));
        string settings = await MigrationSettings.ReadAsync(guest);
        await using QemuSource source = await QemuSource.AttachAsync(guest.QmpPath);
        QemuException? obstacle = await source.FindNoBackgroundAsync(await source.ReadFactsAsync());
        Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
        if (QemuLab.UserfaultfdAllowed)
        {
            Assert.Null(obstacle);
            return;
        }

        Assert.Contains("vm.unprivileged_userfaultfd", obstacle?.Hint, StringComparison.Ordinal);
        await using var sink = MigrationSink.For(SourceMode.Live);
        var refusal = await Assert.ThrowsAsync<SourceUnavailableException>(() => source.StartMigrationAsync(Plan(SourceMode.Background), sink.Theirs, null));
        Assert.Contains("vm.unprivileged_userfaultfd", refusal.Hint, StringComparison.Ordinal);
        Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
        Assert.Equal("running", await guest.Monitor.StatusAsync());
    }

    private static (Microsoft.Win32.SafeHandles.SafeFileHandle Ours, Microsoft.Win32.SafeHandles.SafeFileHandle Theirs) Ends(SourceMode mode) =>
        mode == SourceMode.Background ? Savevm.Linux.Descriptors.Descriptor.Pipe() : Savevm.Linux.Sockets.UnixSocket.Pair();

    private static SourceMigrationPlan Plan(SourceMode mode) => new() { Mode = mode, UseReturnPath = false };
}
