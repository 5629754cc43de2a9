using System.Net.Sockets;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Tests.Descriptions;
using Savevm.Wire.Tests.Vectors;

namespace Savevm.Interop.Forms;

/// <summary>
/// Streams that the QEMUs of this run wrote a moment ago, read by the readers of the product and by the slow ones that were written from the
/// specification alone: both find the same records, and the writers of the product give the same bytes.
/// </summary>
public sealed class SecondReaderTests
{
    private const int Channels = 2;

    /// <summary>QEMU, family of the machine.</summary>
    public static TheoryData<string, string> Machines => new(
        from qemu in QemuLab.All
        from family in new[] { "pc", "q35" }
        select (qemu.Name, family));

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task BothReadTheSameOfManyDevices(string name, string family)
    {
        await using var workspace = new Workspace();
        string disk = Path.Combine(workspace.NewFolder("disk"), "ro");
        await File.WriteAllBytesAsync(disk, new byte[1 << 20], TestContext.Current.CancellationToken);
        MachineDevices devices = family == "pc" ? MachineDevices.Pc(disk) : MachineDevices.Q35(disk);
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await StartAsync(workspace, qemu, family, devices.Arguments);
        await guest.StopAsync();
        List<string> lines = AssertBothRead(await SaveAsync(workspace, guest, "exec:cat > "));
        Assert.Contains(lines, line => line.EndsWith($"CONFIGURATION {qemu.Machine(family)}", StringComparison.Ordinal));
        Assert.InRange(lines.Count(line => line.Contains(" FULL ", StringComparison.Ordinal)), 40, 80);
        Assert.InRange(lines.Count(line => line.Contains("  PAGE ", StringComparison.Ordinal)), 500, 100_000);
        if (qemu.Version.Major < 9)
        {
            return;
        }

        // After a migration QEMU starts no other before the guest has run.
        await guest.ContinueAsync();
        await guest.StopAsync();
        await guest.Monitor.SetCapabilityAsync("mapped-ram");
        lines = AssertBothRead(await SaveAsync(workspace, guest, "file:"));
        Assert.Contains(lines, line => line.Contains("block pc.ram", StringComparison.Ordinal) && line.Contains(" mapped 1 ", StringComparison.Ordinal));
    }

    /// <summary>A guest that goes on writing while it is saved: pages are sent several times, later ones as differences.</summary>
    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task BothReadTheSameOfDifferences(string name)
    {
        await using var workspace = new Workspace();
        LabGuest guest = await StartAsync(workspace, QemuLab.Named(name), "pc", [], regionMiB: 1);
        await guest.Monitor.SetCapabilityAsync("xbzrle");
        await guest.Monitor.ExecuteAsync(
            "migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 8 << 20, ["downtime-limit"] = 1 });
        List<string> lines = AssertBothRead(await SaveAsync(workspace, guest, "exec:cat > ", rounds: 6));
        Assert.Contains(lines, line => line.Contains("  XBZRLE pc.ram ", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task BothReadTheSameOfChannels(string name)
    {
        await using var workspace = new Workspace();
        LabGuest guest = await StartAsync(workspace, QemuLab.Named(name), "q35", []);
        await guest.StopAsync();
        await guest.Monitor.SetCapabilityAsync("multifd");
        await guest.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["multifd-channels"] = Channels, ["max-bandwidth"] = 0 });
        string path = Path.Combine(workspace.NewFolder("f"), "socket");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(Channels + 1);
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        var reading = new List<Task<byte[]>>();
        for (int i = 0; i <= Channels; i++)
        {
            reading.Add(ReadAsync(await listener.AcceptAsync(TestContext.Current.CancellationToken)));
        }

        byte[][] wires = await Task.WhenAll(reading);
        await guest.Monitor.MigrationStatusAsync("completed");
        byte[][] channels = [.. wires.Where(wire => wire[0] == 0x11)];
        Assert.Equal(Channels, channels.Length);
        AssertBothRead(Assert.Single(wires, wire => wire[0] == 'Q'));
        int pages = 0;
        foreach (byte[] channel in channels)
        {
            List<string> lines = SlowChannelReader.ReadMultifd(channel);
            ChannelTranscript transcript = ChannelTranscript.ReadMultifd(channel);
            Assert.Equal(lines, transcript.Lines);
            Assert.True(transcript.Rewritten.WrittenSpan.SequenceEqual(transcript.Canonical), "a channel was not written again as it was");
            pages += lines.Count(line => line.Contains(" pc.ram ", StringComparison.Ordinal));
        }

        Assert.InRange(pages, 4, 10_000);
    }

    private static List<string> AssertBothRead(byte[] stream)
    {
        List<string> lines = SlowStreamReader.Read(stream, 0, hasPageSizes: false);
        StreamTranscript transcript = StreamTranscript.Read(stream, 0, StreamDialect.Default);
        Assert.Equal(lines, transcript.Lines);
        Assert.True(transcript.Rewritten.WrittenSpan.SequenceEqual(stream), "the stream was not written again as it was");
        int json = int.Parse(lines[^1].Split(' ')[^2], System.Globalization.CultureInfo.InvariantCulture);
        byte[] description = stream[^json..];
        Assert.Equal(SlowDescription.Lines(description), DescribedLines.Of(VMDescription.Parse(description, 0)));
        return lines;
    }

    private static async Task<LabGuest> StartAsync(Workspace workspace, QemuInstallation qemu, string family, IReadOnlyList<string> devices, int regionMiB = 4)
    {
        GuestSpecification specification = GuestSpecification.For(qemu.Machine(family), "tcg") with
        {
            RegionMiB = regionMiB,
            Rate = 64,
            Verify = 64,
            Extra = devices,
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        return guest;
    }

    /// <summary>Saves to a file; a guest that runs is stopped after so many rounds.</summary>
    private static async Task<byte[]> SaveAsync(Workspace workspace, LabGuest guest, string scheme, int rounds = 0)
    {
        string path = Path.Combine(workspace.NewFolder("f"), "state");
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = scheme + path });
        for (int round = 0; round < rounds; await Task.Delay(5))
        {
            JsonNode report = (await guest.Monitor.ExecuteAsync("query-migrate"))!;
            round = (string?)report["status"] == "completed" ? rounds : (int?)report["ram"]?["dirty-sync-count"] ?? 0;
        }

        if (rounds > 0)
        {
            await guest.StopAsync();
        }

        await guest.Monitor.MigrationStatusAsync("completed");
        return await File.ReadAllBytesAsync(path);
    }

    private static async Task<byte[]> ReadAsync(Socket connection)
    {
        using Socket socket = connection;
        using var all = new MemoryStream();
        var buffer = new byte[1 << 18];
        while (await socket.ReceiveAsync(buffer) is int count and > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }
}
