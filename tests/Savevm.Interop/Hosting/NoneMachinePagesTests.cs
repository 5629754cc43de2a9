using System.Text.Json.Nodes;
using Savevm.Interop.Lab;
using Savevm.Machine;
using Savevm.Machine.Ram.Compression;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Wire.Dialects;

namespace Savevm.Interop.Hosting;

/// <summary>Pages that do not travel as plain records, between a machine of ours and a real QEMU.</summary>
public sealed class NoneMachinePagesTests
{
    private const int Mebibytes = 48;

    /// <summary>QEMU, compression, channels.</summary>
    public static TheoryData<string, string, int> Multifd => new(
        from qemu in QemuLab.All
        from form in new[] { ("none", 2), ("none", 5), ("zlib", 2), ("zstd", 3) }
        select (qemu.Name, form.Item1, form.Item2));

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Multifd))]
    public async Task AMachineThatWritesGoesToQemuInPackets(string name, string compression, int count)
    {
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(1);
        machine.Start();
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Named(name), Mebibytes, "-incoming", "defer");
        await UseMultifdAsync(qemu.Monitor, compression, count);
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{path}" });
        IByteChannel Connect() => ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken);
        using var channels = new ChannelSet(Connect(), null, [.. Enumerable.Range(0, count).Select(_ => Connect())]);
        var options = new LiveOptions
        {
            Multifd = new MultifdOptions { Compression = CompressionTable.Find(compression)!.Compression },
            Dialect = Spoken(QemuLab.Named(name)),
            Convergence = new ConvergenceOptions { StopAfterRounds = 6 },
        };
        var migration = new LiveMigration(machine.AsLive(), channels, options);
        await NoneMachineTests.RunAsync(() => migration.Run(TestContext.Current.CancellationToken), qemu);
        Assert.True(machine.Writes > 100, $"{machine.Writes} writes while it was sent");
        Assert.True(migration.Statistics.DirtySyncCount > 1);
        Assert.True(migration.Statistics.MultifdBytes > Mebibytes << 19, $"{migration.Statistics.MultifdBytes} bytes in packets");
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal("running", await qemu.Monitor.StatusAsync());
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
    }

    [Theory]
    [MemberData(nameof(Multifd))]
    public async Task QemuComesToAMachineOfOursInPackets(string name, string compression, int count)
    {
        await using var workspace = new Workspace();
        byte[] content = new byte[Mebibytes << 20];
        new Random(3).NextBytes(content.AsSpan(1 << 20, 20 << 20));
        await using NoneQemu qemu = await NoneQemu.HoldingAsync(workspace, QemuLab.Named(name), content);
        using var machine = new NoneMachine(Mebibytes);
        // What is written before must not show through where the stream has zeros.
        machine.Fill(9);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using IChannelListener listener = ChannelAddress.Unix(path).Listen();
        await UseMultifdAsync(qemu.Monitor, compression, count);
        await qemu.Monitor.SetCapabilityAsync("return-path");
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        using ChannelSet channels = await Task.Run(
            () => ChannelReception.Accept(listener, new ExpectedChannels { Multifd = count }, TestContext.Current.CancellationToken));
        using var incoming = new IncomingMigration(machine.AsDestination(), channels);
        await NoneMachineTests.RunAsync(() => incoming.Run(TestContext.Current.CancellationToken), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(machine.Content()));
        Assert.Equal("running", machine.State.Text);
        Assert.Equal(1, machine.Starts);
        Assert.True(incoming.Statistics.MultifdBytes > 20 << 20, $"{incoming.Statistics.MultifdBytes} bytes in packets");
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AMachineThatWritesGoesToQemuAsDifferences(string name)
    {
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(2);
        machine.Start();
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Named(name), Mebibytes, "-incoming", $"unix:{path}");
        using var channels = new ChannelSet(ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken));
        var options = new LiveOptions
        {
            Xbzrle = new XbzrleOptions(),
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1), StopAfterRounds = 12 },
        };
        var migration = new LiveMigration(machine.AsLive(), channels, options);
        await NoneMachineTests.RunAsync(() => migration.Run(TestContext.Current.CancellationToken), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
        XbzrleAssert(migration.Statistics.Xbzrle!.Pages - migration.Statistics.Xbzrle.Overflow, migration.Statistics.Xbzrle.Bytes);
    }

    /// <summary>
    /// Nothing writes to the RAM of a <c>none</c>; differences need a guest. Its devices stay raw. Before 9.0 a source under TCG loses writes by itself.
    /// </summary>
    [Fact]
    public async Task AGuestThatWritesComesToRamOfOursAsDifferences()
    {
        // How soon QEMU has nothing left depends on who else uses the processors; less room makes for more rounds, and takes longer.
        foreach (int mebibytesPerSecond in new[] { 400, 400, 100, 48, 16 })
        {
            if (await DifferencesFromAGuestAsync(mebibytesPerSecond) > 50)
            {
                return;
            }
        }

        Assert.Fail("QEMU sent no fifty differences in any of its migrations");
    }

    private static async Task<long> DifferencesFromAGuestAsync(int mebibytesPerSecond)
    {
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Newest;
        LabGuest guest = await Guests.TickingAsync(workspace, installation, Guests.Usual(installation) with { Rate = 2048, Verify = 256, Tick = 10 });
        await guest.Monitor.SetCapabilityAsync("return-path");
        await guest.Monitor.SetCapabilityAsync("xbzrle");
        await guest.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = mebibytesPerSecond << 20, ["downtime-limit"] = 1 });
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using IChannelListener listener = ChannelAddress.Unix(path).Listen();
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        using ChannelSet channels = await Task.Run(
            () => ChannelReception.Accept(listener, new ExpectedChannels(), TestContext.Current.CancellationToken));
        using var there = new GrowingRam();
        using var incoming = new IncomingMigration(new DestinationMachine(there, there, StandingMachine.Instance), channels);
        Task run = NoneMachineTests.RunAsync(() => incoming.Run(TestContext.Current.CancellationToken), null);
        while ((incoming.Statistics.Xbzrle?.Pages ?? 0) < 200 && !run.IsCompleted)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await guest.StopAsync();
        await run;
        string file = Path.Combine(workspace.NewFolder("d"), "ram");
        await File.WriteAllBytesAsync(file, there.Content("pc.ram"), TestContext.Current.CancellationToken);
        Assert.Equal(await guest.DigestAsync(), LabGuest.Digest(file));
        // QEMU and we count the same pages and bytes, but for those that it found unchanged and did not send.
        JsonNode told = (await guest.Monitor.ExecuteAsync("query-migrate"))!["xbzrle-cache"]!;
        (long pages, long bytes) = (incoming.Statistics.Xbzrle?.Pages ?? 0, incoming.Statistics.Xbzrle?.Bytes ?? 0);
        Assert.Equal((long)told["bytes"]! - ((long)told["overflow"]! * 4096), bytes);
        Assert.True(bytes <= pages * 2048, $"{bytes} bytes for {pages} pages: that was not worth it");
        return pages;
    }

    [Fact]
    public async Task AMachineThatWritesIsWrittenToAFileThatQemuMaps()
    {
        QemuInstallation installation = QemuLab.Newest;
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(4);
        machine.Start();
        string saved = Path.Combine(workspace.NewFolder("f"), "saved");
        using (var channels = new ChannelSet(ChannelAddress.Parse($"file:{saved}").Connect(TestContext.Current.CancellationToken)))
        {
            var options = new LiveOptions { MappedRam = true, Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1), StopAfterRounds = 4 } };
            var migration = new LiveMigration(machine.AsLive(), channels, options);
            await NoneMachineTests.RunAsync(() => migration.Run(TestContext.Current.CancellationToken), null);
            Assert.True(machine.Writes > 100 && migration.Statistics.DirtySyncCount > 1);
        }

        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, installation, Mebibytes, "-incoming", "defer");
        await qemu.Monitor.SetCapabilityAsync("mapped-ram");
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"file:{saved}" });
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal("running", await qemu.Monitor.StatusAsync());
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
        (await SavevmCommand.RunAsync(workspace, "verify", saved)).Expect(0);
    }

    private static void XbzrleAssert(long pages, long bytes)
    {
        Assert.True(pages > 50, $"{pages} pages as differences");
        Assert.True(bytes < pages * 2048, $"{bytes} bytes for {pages} pages: that was not worth it");
    }

    internal static async Task UseMultifdAsync(QmpClient monitor, string compression, int channels)
    {
        await monitor.SetCapabilityAsync("multifd");
        await monitor.ExecuteAsync(
            "migrate-set-parameters", new JsonObject { ["multifd-channels"] = channels, ["multifd-compression"] = compression });
    }

    /// <summary>The machine <c>none</c> has no versions: it speaks as its release does.</summary>
    internal static StreamDialect Spoken(QemuInstallation qemu) => StreamDialect.OfMachine($"none-{qemu.Version}");
}
