using System.Text.Json.Nodes;
using Savevm.Linux.Sockets;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Source;
using Savevm.Qemu.Tests.Qmp;

namespace Savevm.Qemu.Tests;

/// <summary>What a source's QEMU is told and when, by a scripted monitor; the real ones are in the interop tests.</summary>
public sealed class QemuSourceTests
{
    private const string Capabilities =
        """[{"capability": "multifd", "state": true}, {"capability": "events", "state": false}, {"capability": "return-path", "state": false}, {"capability": "background-snapshot", "state": false}, {"capability": "auto-converge", "state": true}, {"capability": "from-the-future", "state": true}]""";

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    [Fact]
    public async Task Everything_the_reader_does_not_want_is_switched_off_and_put_back()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Live, DowntimeLimit = TimeSpan.FromMilliseconds(77) });
        Assert.Equal("events=on from-the-future=off multifd=off return-path=on", Switches(monitor, 0));
        var parameters = Arguments(monitor, "migrate-set-parameters")[0];
        Assert.Equal("""{"max-bandwidth":0,"tls-creds":"","downtime-limit":77}""", parameters.ToJsonString());
        Assert.DoesNotContain("stop", monitor.Names);
        string uri = (string)Arguments(monitor, "migrate")[0]["uri"]!;
        Assert.Equal("fd:" + (string)Arguments(monitor, "getfd")[0]["fdname"]!, uri);
        await source.LeaveAsync(SourceAfter.Run, source.WasRunning, Limit);
        await source.RestoreAsync(Limit);
        await source.RestoreAsync(Limit);
        Assert.Equal("events=off from-the-future=on multifd=on return-path=off", Switches(monitor, 1));
        Assert.Equal("""{"max-bandwidth":134217728,"tls-creds":"tls0","downtime-limit":300}""", Arguments(monitor, "migrate-set-parameters")[1].ToJsonString());
        Assert.Equal(2, Arguments(monitor, "migrate-set-parameters").Count);
    }

    [Fact]
    public async Task A_guest_is_stopped_before_it_migrates_in_stop_mode()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Stop });
        Assert.True(monitor.Names.IndexOf("stop") is > 0 and var stop && stop < monitor.Names.IndexOf("migrate"));
    }

    [Theory]
    [InlineData("getfd")]
    [InlineData("migrate")]
    [InlineData("stop")]
    [InlineData("migrate-set-parameters")]
    public async Task A_start_that_fails_anywhere_puts_everything_back_and_lets_the_guest_run(string failing)
    {
        await using var monitor = Running();
        int calls = 0;
        monitor.Handlers[failing] = _ => calls++ == 0 ? "!no" : "{}";
        bool runs = true;
        monitor.Handlers.TryAdd("stop", _ =>
        {
            runs = false;
            return "{}";
        });
        monitor.Handlers["cont"] = _ =>
        {
            runs = true;
            return "{}";
        };
        monitor.Handlers["query-status"] = _ => runs ? """{"status": "running", "running": true}""" : """{"status": "paused", "running": false}""";
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await Assert.ThrowsAnyAsync<QemuException>(() => StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Stop }));
        Assert.True(runs);
        Assert.Equal("events=off from-the-future=on multifd=on return-path=off", Switches(monitor, 1));
    }

    [Theory]
    [InlineData("inmigrate", "no guest yet")]
    [InlineData("postmigrate", "paused by an earlier migration")]
    [InlineData("guest-panicked", "dead")]
    public async Task A_guest_that_cannot_be_captured_is_refused_before_anything_is_changed(string state, string reason)
    {
        await using var monitor = Running();
        monitor.Handlers["query-status"] = _ => $$"""{"status": "{{state}}", "running": false}""";
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        var refusal = await Assert.ThrowsAsync<SourceUnavailableException>(() => StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Live }));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("migrate-set-capabilities", monitor.Names);
    }

    [Fact]
    public async Task A_migration_that_is_under_way_already_is_not_touched()
    {
        await using var monitor = Running();
        monitor.Handlers["query-migrate"] = _ => """{"status": "active"}""";
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        var refusal = await Assert.ThrowsAsync<SourceUnavailableException>(() => StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Live }));
        Assert.Contains("in a migration already (active)", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("migrate_cancel", monitor.Names);
    }

    [Fact]
    public async Task The_guest_is_continued_only_when_qemu_has_finished_the_migration()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Live });
        int asked = 0;
        monitor.Handlers["query-status"] = _ => ++asked < 4 ? """{"status": "finish-migrate", "running": false}""" : """{"status": "postmigrate", "running": false}""";
        await source.LeaveAsync(SourceAfter.Run, source.WasRunning, Limit);
        Assert.Equal(4, asked);
        Assert.Equal("cont", monitor.Names[^1]);
    }

    [Fact]
    public async Task A_failed_migration_says_why()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Live });
        monitor.Handlers["query-migrate"] = _ => """{"status": "active", "ram": {"transferred": 5, "remaining": 6, "total": 7, "dirty-pages-rate": 10, "page-size": 4096, "mbps": 8.0, "dirty-sync-count": 3}, "expected-downtime": 9}""";
        var seen = new List<SourceProgress>();
        var waiting = source.WaitCompletedAsync(seen.Add, TimeSpan.FromSeconds(60), Limit);
        while (seen.Count == 0)
        {
            await Task.Delay(1, Limit);
        }

        Assert.Equal((5, 6, 7, 40960, 1_000_000, 3), (seen[0].TransferredBytes, seen[0].RemainingBytes, seen[0].TotalBytes, seen[0].DirtyBytesPerSecond, seen[0].BytesPerSecond, seen[0].Iteration));
        monitor.Handlers["query-migrate"] = _ => """{"status": "failed", "error-desc": "Unable to write to socket"}""";

        // The event ends the wait, long before the next poll.
        await monitor.EventAsync("MIGRATION", """{"status": "failed"}""");
        var failure = await Assert.ThrowsAsync<MigrationFailedException>(() => waiting);
        Assert.Contains("Unable to write to socket", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_emergency_never_throws_and_never_takes_longer_than_it_may()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Live });
        monitor.Handlers["query-migrate"] = _ => null;
        monitor.Handlers["query-status"] = _ => null;
        monitor.Handlers["migrate-set-parameters"] = _ => null;
        Assert.Contains("did not answer", await source.EmergencyRestoreAsync(TimeSpan.FromMilliseconds(300)).WaitAsync(TimeSpan.FromSeconds(5), Limit), StringComparison.Ordinal);
        await monitor.CloseClientAsync();
        Assert.NotNull(await source.EmergencyRestoreAsync(TimeSpan.FromMilliseconds(300)));
    }

    [Fact]
    public async Task A_killed_capture_is_undone_by_its_guard()
    {
        await using var monitor = Running();
        var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Stop });
        int before = monitor.Commands.Count;
        await source.AbandonAsync();
        while (!monitor.Names.Skip(before).Contains("migrate-set-capabilities"))
        {
            await Task.Delay(10, Limit);
        }

        Assert.Equal(["closefd", "migrate_cancel", "cont", "migrate-set-parameters", "migrate-set-capabilities"], monitor.Names.Skip(before).Take(5));
        Assert.Equal("events=off from-the-future=on multifd=on return-path=off", Switches(monitor, 1));
    }

    [Fact]
    public async Task Background_is_tried_and_taken_back_in_one_write()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        var facts = await source.ReadFactsAsync(Limit);
        int writes = monitor.WriteSizes.Count;
        Assert.Null(await source.FindNoBackgroundAsync(facts, Limit));
        Assert.Equal(writes + 2, monitor.WriteSizes.Count);
        Assert.Equal("auto-converge=off background-snapshot=on events=on from-the-future=off multifd=off", Switches(monitor, 0));
        Assert.Equal("auto-converge=on background-snapshot=off events=off from-the-future=on multifd=on", Switches(monitor, 1));
        monitor.Handlers["migrate-set-capabilities"] = _ => "!not supported by host kernel";
        Assert.Contains("not supported by host kernel", (await source.FindNoBackgroundAsync(facts, Limit))?.Message, StringComparison.Ordinal);
        await source.RestoreAsync(Limit);
        Assert.DoesNotContain("migrate-set-parameters", monitor.Names);
    }

    [Fact]
    public async Task What_stands_in_the_way_of_background_is_named_and_QEMU_is_asked_nothing_where_it_would_not_know()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        var facts = await source.ReadFactsAsync(Limit);
        int commands = monitor.Commands.Count;
        var parts = new MachinePartsFact { Devices = [new PluggedDeviceFact("/machine/peripheral/gpu", "gpu", "vfio-pci", IsHotPlugged: false)] };
        Assert.Contains("gpu (vfio-pci)", (await source.FindNoBackgroundAsync(facts with { Parts = parts }, Limit))?.Message, StringComparison.Ordinal);
        Assert.Equal(commands, monitor.Commands.Count);

        // It refuses memory without saying which.
        monitor.Handlers["migrate-set-capabilities"] = _ => "!Background-snapshot is not compatible with guest memory configuration";
        monitor.Handlers["query-memdev"] = _ => """[{"id": "bank"}]""";
        monitor.Handlers["qom-get"] = _ => "\"/proc/self\"";
        var obstacle = await source.FindNoBackgroundAsync(facts, Limit);
        Assert.Contains("bank (mem-path=/proc/self)", obstacle?.Message, StringComparison.Ordinal);
        Assert.Contains("memory-backend-memfd", (obstacle as SourceUnavailableException)?.Hint, StringComparison.Ordinal);
        monitor.Handlers["query-memdev"] = _ => "[]";
        Assert.Contains("not compatible with guest memory configuration", (await source.FindNoBackgroundAsync(facts, Limit))?.Message, StringComparison.Ordinal);

        // Where another capability is refused, the memory is not to blame.
        monitor.Handlers["migrate-set-capabilities"] = _ => "!not supported by host kernel";
        monitor.Handlers["query-memdev"] = _ => """[{"id": "bank"}]""";
        Assert.DoesNotContain("bank", (await source.FindNoBackgroundAsync(facts, Limit))?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capabilities_that_are_off_beside_background_are_named_in_order()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        Assert.Equal(["auto-converge", "from-the-future", "multifd"], QemuSource.BackgroundExcludes(await source.ReadFactsAsync(Limit)));
    }

    [Fact]
    public async Task A_finished_capture_leaves_no_guard_on_the_monitor()
    {
        await using var monitor = Running();
        await using var source = await QemuSource.AttachAsync(monitor.Path, Limit);
        await StartAsync(source, new SourceMigrationPlan { Mode = SourceMode.Stop });
        await source.LeaveAsync(SourceAfter.Run, source.WasRunning, Limit);
        await source.RestoreAsync(Limit);
        int commands = monitor.Commands.Count;
        await source.DisposeAsync();

        // The monitor sees its client go: nobody else holds the connection.
        await monitor.ClientGone.WaitAsync(Limit);
        Assert.Equal(commands, monitor.Commands.Count);
    }

    private static FakeMonitor Running()
    {
        var monitor = new FakeMonitor();
        monitor.Handlers["query-status"] = _ => """{"status": "running", "running": true}""";
        monitor.Handlers["query-migrate"] = _ => """{"status": "completed"}""";
        monitor.Handlers["query-migrate-capabilities"] = _ => Capabilities;
        monitor.Handlers["query-migrate-parameters"] = _ => """{"max-bandwidth": 134217728, "downtime-limit": 300, "tls-creds": "tls0", "mode": "normal"}""";
        return monitor;
    }

    private static async Task StartAsync(QemuSource source, SourceMigrationPlan plan)
    {
        var (ours, theirs) = UnixSocket.Pair();
        using (ours)
        using (theirs)
        {
            await source.StartMigrationAsync(plan, theirs, null, Limit);
        }
    }

    private static List<JsonNode> Arguments(FakeMonitor monitor, string command) =>
        [.. monitor.Commands.Where(sent => (string?)sent["execute"] == command).Select(sent => sent["arguments"]!)];

    private static string Switches(FakeMonitor monitor, int index) => string.Join(' ', Arguments(monitor, "migrate-set-capabilities")[index]["capabilities"]!
        .AsArray().Select(item => $"{item!["capability"]}={((bool)item["state"]! ? "on" : "off")}").Order(StringComparer.Ordinal));
}
