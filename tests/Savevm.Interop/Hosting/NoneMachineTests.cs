using System.Text.Json.Nodes;
using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Faults;
using Savevm.Interop.Lab;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Transport.Layers;

namespace Savevm.Interop.Hosting;

/// <summary>The engine with a machine of ours at one end and a real QEMU at the other.</summary>
public sealed class NoneMachineTests
{
    private const int Mebibytes = 48;

    /// <summary>QEMU, tracker.</summary>
    public static TheoryData<string, string> Trackers => new(
        from qemu in QemuLab.All
        from tracker in new[] { DirtyTrackerTable.Software, DirtyTrackerTable.WriteProtect }
        select (qemu.Name, tracker));

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    /// <summary>QEMU, whether there is a channel for requested pages.</summary>
    public static TheoryData<string, bool> Postcopies => new(from qemu in QemuLab.All from preempt in new[] { false, true } select (qemu.Name, preempt));

    [Theory]
    [MemberData(nameof(Trackers))]
    public async Task AMachineThatWritesGoesToQemuByPrecopy(string name, string tracker)
    {
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 2, tracker);
        machine.Fill(1);
        machine.Start();
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Named(name), Mebibytes, "-incoming", $"unix:{path}");
        using var channels = new ChannelSet(ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken));
        var migration = new LiveMigration(machine.AsLive(), channels, new LiveOptions { Convergence = new ConvergenceOptions { StopAfterRounds = 6 } });
        await RunAsync(() => migration.Run(TestContext.Current.CancellationToken), qemu);
        Assert.Equal(1, machine.Stops);
        Assert.Equal(1, machine.Starts);
        Assert.True(machine.Writes > 100, $"{machine.Writes} writes while it was sent");
        Assert.True(migration.Statistics.DirtySyncCount > 1);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal("running", await qemu.Monitor.StatusAsync());
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
    }

    [Theory]
    [MemberData(nameof(Postcopies))]
    public async Task AMachineThatWritesGoesToQemuByPostcopy(string name, bool preempt)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(2);
        machine.Start();
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Named(name), Mebibytes, "-incoming", "defer");
        await qemu.Monitor.SetCapabilityAsync("postcopy-ram");
        await qemu.Monitor.SetCapabilityAsync("postcopy-preempt", preempt);
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{path}" });
        IByteChannel main = ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken);
        using var channels = new ChannelSet(main, preempt ? Preempt(QemuLab.Named(name), path) : null);
        var options = new LiveOptions
        {
            Postcopy = true,
            // Slowly enough that QEMU has to ask for what it reads.
            BandwidthBytesPerSecond = 40 << 20,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1) },
        };
        var migration = new LiveMigration(machine.AsLive(), channels, options);
        Task run = RunAsync(() => migration.Run(TestContext.Current.CancellationToken), qemu);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        migration.StartPostcopy();
        while (migration.State < MigrationState.PostcopyActive && !run.IsCompleted)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        byte[] read = await qemu.RamAsync();
        await run;
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(read));
        Assert.InRange(migration.Statistics.RequestsReceived, 1, Mebibytes * 256);
        Assert.Equal((1, 1), (machine.Starts, machine.Stops));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task QemuComesToAMachineOfOurs(string name)
    {
        await using var workspace = new Workspace();
        byte[] content = new byte[Mebibytes << 20];
        new Random(3).NextBytes(content.AsSpan(1 << 20, 20 << 20));
        await using NoneQemu qemu = await NoneQemu.HoldingAsync(workspace, QemuLab.Named(name), content);
        using var machine = new NoneMachine(Mebibytes);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using IChannelListener listener = ChannelAddress.Unix(path).Listen();
        await qemu.Monitor.SetCapabilityAsync("return-path");
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        using IByteChannel channel = listener.Accept(TestContext.Current.CancellationToken);
        using var incoming = new IncomingMigration(machine.AsDestination(), channel);
        await RunAsync(() => incoming.Run(TestContext.Current.CancellationToken), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(machine.Content()));
        Assert.Equal("running", machine.State.Text);
        Assert.True(machine.Timer.CpuClockOffset > 0 && machine.Timer.CpuTicksOffset != 1234);
        Assert.Empty(machine.Devices.Missing);
        Assert.Equal(1, machine.Starts);
    }

    [Theory]
    [MemberData(nameof(Postcopies))]
    public async Task QemuComesToAMachineOfOursByPostcopy(string name, bool preempt)
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        await using var workspace = new Workspace();
        byte[] content = new byte[Mebibytes << 20];
        new Random(4).NextBytes(content.AsSpan(1 << 20, 30 << 20));
        await using NoneQemu qemu = await NoneQemu.HoldingAsync(workspace, QemuLab.Named(name), content);
        using var machine = new NoneMachine(Mebibytes);
        using var faults = new MissingPages(machine.Ram);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using IChannelListener listener = ChannelAddress.Unix(path).Listen();
        await qemu.Monitor.SetCapabilityAsync("postcopy-ram");
        await qemu.Monitor.SetCapabilityAsync("postcopy-preempt", preempt);
        await qemu.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 8 << 20, ["max-postcopy-bandwidth"] = 8 << 20 });
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        IByteChannel main = listener.Accept(TestContext.Current.CancellationToken);
        using var channels = new ChannelSet(main, preempt ? ChannelReception.Later(listener) : null);
        using var incoming = new IncomingMigration(machine.AsDestination(faults), channels);
        Task run = RunAsync(() => incoming.Run(TestContext.Current.CancellationToken), qemu);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        await qemu.Monitor.ExecuteAsync("migrate-start-postcopy");
        while (machine.Starts == 0 && !run.IsCompleted)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        // From behind, where QEMU would come last; garbage is collected while pages are waited for.
        byte[] read = new byte[content.Length];
        for (int at = content.Length - RamBlock.PageSize; at >= 0; at -= RamBlock.PageSize)
        {
            machine.Ram.Hosted[0].Memory.Read(at, read.AsSpan(at, RamBlock.PageSize));
            if (at % (1 << 20) == 0)
            {
                GC.Collect();
            }
        }

        await run;
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(read));
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(machine.Content()));
        Assert.InRange(faults.Faults, 10, Mebibytes * 256);
        Assert.Equal("running", machine.State.Text);
        await qemu.Monitor.MigrationStatusAsync("completed");
    }

    /// <summary>Nothing writes to the RAM of a <c>none</c>; many rounds need a guest. Its devices stay raw.</summary>
    [Fact]
    public async Task AGuestThatWritesComesToRamOfOursInManyRounds()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace, QemuLab.Newest, Guests.Usual(QemuLab.Newest) with { Rate = 256, Tick = 10 });
        await guest.Monitor.SetCapabilityAsync("return-path");
        await guest.Monitor.ExecuteAsync(
            "migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 48 << 20, ["downtime-limit"] = 1 });
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using IChannelListener listener = ChannelAddress.Unix(path).Listen();
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        using IByteChannel channel = listener.Accept(TestContext.Current.CancellationToken);
        using var there = new GrowingRam();
        using var incoming = new IncomingMigration(new DestinationMachine(there, there, StandingMachine.Instance), channel);
        Task run = RunAsync(() => incoming.Run(TestContext.Current.CancellationToken), null);
        while (((int?)(await guest.Monitor.ExecuteAsync("query-migrate"))!["ram"]?["dirty-sync-count"] ?? 0) < 4 && !run.IsCompleted)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await guest.StopAsync();
        await run;
        Assert.InRange((int)(await guest.Monitor.ExecuteAsync("query-migrate"))!["ram"]!["dirty-sync-count"]!, 4, 10_000);
        string file = Path.Combine(workspace.NewFolder("d"), "ram");
        await File.WriteAllBytesAsync(file, there.Content("pc.ram"), TestContext.Current.CancellationToken);
        Assert.Equal(await guest.DigestAsync(), LabGuest.Digest(file));
        Assert.InRange(there.State!.Sections.Count, 25, 60);
    }

    /// <summary>The channel for requested pages to a QEMU: one before 8.0 waits for it before it reads anything, others want it late.</summary>
    internal static IByteChannel Preempt(QemuInstallation qemu, string path)
    {
        IByteChannel Connect(CancellationToken cancelled) => ChannelAddress.Unix(path).Connect(cancelled);
        return qemu.Version.Major < 8 ? Connect(CancellationToken.None) : new DeferredChannel("requested pages", Connect);
    }

    /// <summary>Runs an engine; when it fails, with what QEMU said.</summary>
    internal static async Task RunAsync(Action engine, NoneQemu? qemu)
    {
        try
        {
            await Task.Factory.StartNew(engine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (Exception failure) when (qemu is not null)
        {
            throw new InvalidOperationException($"QEMU said: {qemu.Errors}", failure);
        }
    }
}
