using System.Text.Json.Nodes;
using Savevm.Interop.Lab;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;

namespace Savevm.Interop.Hosting;

/// <summary>Live sections beside RAM, and the agreed switch-over, with a real QEMU at the other end: a disk's dirty bitmap goes both ways.</summary>
public sealed class LiveSectionTests
{
    private const int Mebibytes = 16;
    private const int Granularity = 65536;
    private const int BitmapBytes = 128;
    private const string Disk = "driver=null-co,node-name=d0,size=67108864,read-zeroes=on";

    /// <summary>First and number of granules that are dirty.</summary>
    private static readonly (int First, int Count)[] Dirty = [(0, 1), (9, 30), (300, 1), (1000, 24)];

    /// <summary>QEMU, postcopy.</summary>
    public static TheoryData<string, bool> Ways => new(
        from qemu in QemuLab.All
        from postcopy in new[] { false, true }
        select (qemu.Name, postcopy));

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ADirtyBitmapOfOursArrivesInQemu(string name, bool postcopy)
    {
        Assert.SkipWhen(postcopy && !QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 1);
        machine.Fill(1);
        machine.Start();
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Named(name), Mebibytes, "-blockdev", Disk, "-incoming", "defer");
        await qemu.Monitor.SetCapabilityAsync("dirty-bitmaps");
        if (postcopy)
        {
            await qemu.Monitor.SetCapabilityAsync("postcopy-ram");
        }

        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{path}" });
        using var channels = new ChannelSet(ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken));
        var options = new LiveOptions
        {
            Postcopy = postcopy,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(-1), StopAfterRounds = 3, PostcopyAfterRounds = postcopy ? 2 : null },
        };
        var live = machine.AsLive() with { Handlers = [new DirtyBitmapHandler("d0", "sent", Granularity, Bits())] };
        var migration = new LiveMigration(live, channels, options);
        await NoneMachineTests.RunAsync(() => migration.Run(TestContext.Current.CancellationToken), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
        // The same bits, written by QEMU itself into a bitmap of its own, have the same digest.
        await qemu.Monitor.ExecuteAsync("block-dirty-bitmap-add", new JsonObject { ["node"] = "d0", ["name"] = "own", ["granularity"] = Granularity });
        await WriteAsync(qemu);
        Assert.Equal(await BitmapDigestAsync(qemu, "own"), await BitmapDigestAsync(qemu, "sent"));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ADirtyBitmapOfQemuArrivesHere(string name)
    {
        await using var workspace = new Workspace();
        byte[] content = new byte[Mebibytes << 20];
        new Random(3).NextBytes(content.AsSpan(1 << 20, 5 << 20));
        string image = Path.Combine(workspace.NewFolder("i"), "ram");
        await File.WriteAllBytesAsync(image, content, TestContext.Current.CancellationToken);
        await using NoneQemu qemu = await NoneQemu.StartAsync(
            workspace, QemuLab.Named(name), Mebibytes, "-blockdev", Disk,
            "-object", $"memory-backend-file,id=ram,size={content.Length},mem-path={image},share=off", "-machine", "none,memory-backend=ram");
        await qemu.Monitor.ExecuteAsync("block-dirty-bitmap-add", new JsonObject { ["node"] = "d0", ["name"] = "b", ["granularity"] = Granularity });
        await WriteAsync(qemu);
        using var machine = new NoneMachine(Mebibytes);
        var loader = new DirtyBitmapLoader(BitmapBytes);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using IChannelListener listener = ChannelAddress.Unix(path).Listen();
        bool canAgree = QemuLab.Named(name).Version.Major >= 9;
        await qemu.Monitor.SetCapabilityAsync("return-path");
        await qemu.Monitor.SetCapabilityAsync("dirty-bitmaps");
        if (canAgree)
        {
            await qemu.Monitor.SetCapabilityAsync("switchover-ack");
        }

        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        using IByteChannel channel = listener.Accept(TestContext.Current.CancellationToken);
        using var incoming = new IncomingMigration(machine.AsDestination() with { Loaders = [loader] }, channel) { SwitchoverAck = canAgree };
        await NoneMachineTests.RunAsync(() => incoming.Run(TestContext.Current.CancellationToken), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(machine.Content()));
        Assert.Equal(("d0", "b", (uint)Granularity, true), (loader.Node, loader.Bitmap, loader.Granularity, loader.IsComplete));
        Assert.Equal(Bits(), loader.Bits);
        // Releases from 10.0 on say when the machine stands still.
        Assert.Equal(QemuLab.Named(name).Version.Major >= 10 ? 1 : 0, loader.SwitchoversSeen);
    }

    /// <summary>QEMU agrees to the switch-over as soon as it may; and it takes the word that the machine stands still.</summary>
    [Fact]
    public async Task QemuAgreesBeforeOurMachineIsStopped()
    {
        Assert.SkipUnless(QemuLab.Newest.Version.Major >= 10, "no QEMU here knows switchover-start");
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 1);
        machine.Fill(2);
        machine.Start();
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Newest, Mebibytes, "-incoming", "defer");
        await qemu.Monitor.SetCapabilityAsync("return-path");
        await qemu.Monitor.SetCapabilityAsync("switchover-ack");
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{path}" });
        using var channels = new ChannelSet(ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken));
        var migration = new LiveMigration(machine.AsLive(), channels, new LiveOptions { SwitchoverAck = true, SwitchoverStart = true });
        await NoneMachineTests.RunAsync(() => migration.Run(TestContext.Current.CancellationToken), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
    }

    private static byte[] Bits()
    {
        byte[] bits = new byte[BitmapBytes];
        foreach ((int first, int count) in Dirty)
        {
            for (int bit = first; bit < first + count; bit++)
            {
                bits[bit / 8] |= (byte)(1 << (bit % 8));
            }
        }

        return bits;
    }

    private static async Task WriteAsync(NoneQemu qemu)
    {
        foreach ((int first, int count) in Dirty)
        {
            string said = (string)(await qemu.Monitor.ExecuteAsync(
                "human-monitor-command", new JsonObject { ["command-line"] = $"qemu-io d0 \"write {(long)first * Granularity} {(long)count * Granularity}\"" }))!;
            Assert.DoesNotContain("rror", said, StringComparison.Ordinal);
        }
    }

    private static async Task<string> BitmapDigestAsync(NoneQemu qemu, string bitmap) =>
        (string)(await qemu.Monitor.ExecuteAsync("x-debug-block-dirty-bitmap-sha256", new JsonObject { ["node"] = "d0", ["name"] = bitmap }))!["sha256"]!;
}
