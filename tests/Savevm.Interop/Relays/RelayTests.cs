using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Relays;

/// <summary>A relay between two QEMUs that carries what it need not understand.</summary>
public sealed class RelayTests
{
    /// <summary>Destination, transport on both sides, capabilities.</summary>
    public static TheoryData<string, string, string> Ways
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                rows.Add(qemu.Name, "unix", "");
                rows.Add(qemu.Name, "tcp", "return-path");
            }

            rows.Add(QemuLab.Newest.Name, "unix", "multifd");
            rows.Add(QemuLab.Newest.Name, "unix", "return-path multifd");
            rows.Add(QemuLab.Newest.Name, "unix", "xbzrle postcopy-ram");
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AGuestGoesThroughByPrecopy(string destination, string transport, string capabilities)
    {
        await using var workspace = new Workspace();
        RelayPair pair = await RelayPair.StartAsync(workspace, QemuLab.Named(destination), transport, capabilities.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await pair.RelayAsync(transport);
        await pair.MigrateAsync();
        JsonNode report = await pair.ReportAsync();
        Assert.Equal(capabilities.Contains("multifd", StringComparison.Ordinal) ? 3 : 1, (int)report["connections"]!);
        Assert.True((bool)report["followed"]!);
        Assert.False((bool)report["postcopy"]!);
        await pair.Source.Monitor.MigrationStatusAsync("completed");
        await pair.AssertArrivedAsync();
    }

    [Theory]
    [InlineData("source", "")]
    [InlineData("source", "return-path")]
    [InlineData("destination", "")]
    [InlineData("destination", "return-path")]
    [InlineData("relay", "")]
    public async Task WhoVanishesInPrecopyLeavesTheGuestAtTheSource(string who, string capabilities)
    {
        await using var workspace = new Workspace();
        RelayPair pair = await RelayPair.StartAsync(workspace, QemuLab.Newest, "unix", capabilities.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await pair.RelayAsync();
        await pair.LimitAsync(4 << 20);
        await pair.MigrateAsync();
        await pair.Source.Monitor.MigrationStatusAsync("active");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        if (who == "relay")
        {
            pair.Relay.Signal(2);
        }
        else
        {
            (who == "source" ? pair.Source : pair.Destination).Kill();
        }

        (await SavevmCommand.ResultAsync(pair.Relay, TimeSpan.FromSeconds(15))).Expect(who == "relay" ? 130 : 20);
        if (who != "source")
        {
            await Guests.AssertRunsOnAsync(pair.Source);
        }
    }

    [Fact]
    public async Task NobodyComesOrNobodyWaits()
    {
        await using var workspace = new Workspace();
        string here = RelayPair.NewAddress(workspace, "unix"), there = RelayPair.NewAddress(workspace, "unix");
        (await SavevmCommand.RunAsync(workspace, "relay", "--listen", here, "--connect", there, "--timeout", "500ms")).Expect(20);
        Assert.False(File.Exists(here[5..]));

        RelayPair pair = await RelayPair.StartAsync(workspace, QemuLab.Newest);
        pair.Destination.Kill();
        await pair.RelayAsync();
        await pair.MigrateAsync();
        (await SavevmCommand.ResultAsync(pair.Relay, TimeSpan.FromSeconds(20))).Expect(20);
        await Guests.AssertRunsOnAsync(pair.Source);
    }
}
