using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Relays;

/// <summary>A relay in postcopy: it keeps the pages that the source has sent, and recovers the guest when a side is lost.</summary>
public sealed class RelayPostcopyTests
{
    private const long Slowly = 4 << 20;

    public static TheoryData<string, bool> Destinations
    {
        get
        {
            var rows = new TheoryData<string, bool>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                rows.Add(qemu.Name, false);
            }

            rows.Add(QemuLab.Newest.Name, true);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Destinations))]
    public async Task AGuestGoesThroughByPostcopy(string destination, bool preempt)
    {
        await using var workspace = new Workspace();
        RelayPair pair = await PairAsync(workspace, QemuLab.Named(destination), preempt);
        await pair.RelayAsync();
        await pair.LimitAsync(Slowly);
        await pair.PostcopyAsync();
        JsonNode report = await pair.ReportAsync();
        Assert.True((bool)report["postcopy"]!);
        Assert.Equal(preempt ? 2 : 1, (int)report["connections"]!);
        Assert.Equal(0, (int)report["recoveries"]!);
        await pair.Source.Monitor.MigrationStatusAsync("completed");
        await pair.AssertArrivedAsync();
    }

    [Theory]
    [MemberData(nameof(Destinations))]
    public async Task ASourceThatDiesAfterTheWordIsNotMissed(string destination, bool preempt)
    {
        await using var workspace = new Workspace();
        RelayPair pair = await PairAsync(workspace, QemuLab.Named(destination), preempt);

        // The destination is slow, so that all but a little of the guest is in the relay when the source dies.
        await pair.RelayAsync("unix", "--bandwidth", "4MiB/s");
        await pair.LimitAsync(Slowly);
        await pair.PostcopyAsync();
        Assert.InRange(await pair.WordAsync(), 1000, 20_000);
        Assert.False(pair.Relay.HasExited);
        pair.Source.Kill();
        JsonNode report = await pair.ReportAsync();
        Assert.True((bool)report["source_left_early"]!);
        await pair.AssertArrivedAsync(sourceIsThere: false);
    }

    [Fact]
    public async Task ASourceThatDiesBeforeTheWordIsMissedAndSaidSo()
    {
        await using var workspace = new Workspace();
        RelayPair pair = await PairAsync(workspace, QemuLab.Newest, preempt: false);
        await pair.RelayAsync();
        await pair.LimitAsync(Slowly, Slowly);
        await pair.PostcopyAsync();
        await Task.Delay(200, TestContext.Current.CancellationToken);
        pair.Source.Kill();
        await pair.DestinationBecomesAsync("postcopy-paused");
        Assert.DoesNotContain("source_not_needed", pair.Relay.Output, StringComparison.Ordinal);
        pair.Relay.Signal(2);
        SavevmResult result = (await SavevmCommand.ResultAsync(pair.Relay)).Expect(22);
        Assert.Matches("[1-9][0-9]* pages are missing", result.Errors);
        Assert.Contains("migrate-recover", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task ASourceThatBreaksOffBeforeTheWordComesBack(bool preempt, bool sourceFirst)
    {
        await using var workspace = new Workspace();
        RelayPair pair = await PairAsync(workspace, QemuLab.Newest, preempt);
        await pair.RelayAsync();
        await pair.LimitAsync(Slowly, Slowly);
        await pair.PostcopyAsync();
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await pair.Source.Monitor.ExecuteAsync("migrate-pause");
        await pair.Source.Monitor.MigrationStatusAsync("postcopy-paused");
        await pair.DestinationBecomesAsync("postcopy-paused");
        if (sourceFirst)
        {
            await pair.MigrateAsync(resume: true);
            await pair.RecoverAsync();
        }
        else
        {
            await pair.RecoverAsync();
            await pair.MigrateAsync(resume: true);
        }

        JsonNode report = await pair.ReportAsync();
        Assert.Equal(2, (int)report["recoveries"]!);
        await pair.Source.Monitor.MigrationStatusAsync("completed");
        await pair.AssertArrivedAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADestinationThatBreaksOffAfterTheWordIsRecoveredWithoutTheSource(bool preempt)
    {
        await using var workspace = new Workspace();
        RelayPair pair = await PairAsync(workspace, QemuLab.Newest, preempt);
        await pair.RelayAsync("unix", "--bandwidth", "2MiB/s");
        await pair.LimitAsync(Slowly);
        await pair.PostcopyAsync();
        Assert.InRange(await pair.WordAsync(), 1000, 20_000);
        pair.Source.Kill();
        await pair.Urgent.ExecuteAsync("migrate-pause", outOfBand: true);
        await pair.DestinationBecomesAsync("postcopy-paused");
        await pair.RecoverAsync();
        JsonNode report = await pair.ReportAsync();
        Assert.True((bool)report["source_left_early"]!);
        Assert.Equal(1, (int)report["recoveries"]!);
        await pair.AssertArrivedAsync(sourceIsThere: false);
    }

    /// <summary>The source was dismissed, and the relay does not pretend that it can be taken up again.</summary>
    [Fact]
    public async Task ADestinationThatDiesAfterTheWordIsMissedAndSaidSo()
    {
        await using var workspace = new Workspace();
        RelayPair pair = await PairAsync(workspace, QemuLab.Newest, preempt: false);
        await pair.RelayAsync("unix", "--bandwidth", "2MiB/s");
        await pair.LimitAsync(Slowly);
        await pair.PostcopyAsync();
        Assert.InRange(await pair.WordAsync(), 1000, 20_000);
        pair.Destination.Kill();
        await Task.Delay(300, TestContext.Current.CancellationToken);
        pair.Relay.Signal(2);
        SavevmResult result = (await SavevmCommand.ResultAsync(pair.Relay)).Expect(20);
        Assert.Matches("[1-9][0-9]* pages were only here", result.Errors);
        Assert.DoesNotContain("nothing is lost", result.Errors, StringComparison.Ordinal);
    }

    private static Task<RelayPair> PairAsync(Workspace workspace, QemuInstallation destination, bool preempt)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        return RelayPair.StartAsync(workspace, destination, "unix", preempt ? ["postcopy-ram", "postcopy-preempt"] : ["postcopy-ram"]);
    }
}
