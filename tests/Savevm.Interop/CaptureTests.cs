using System.Diagnostics;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>What a capture does to the QEMU it is taken from, and what it promises when it cannot finish.</summary>
public sealed class CaptureTests
{
    public static TheoryData<string, string> Modes
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                foreach (string mode in new[] { "live", "background", "stop" })
                {
                    rows.Add(qemu.Name, mode);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task TheGuestGoesOnAndItsSettingsArePutBack(string qemu, string mode)
    {
        SkipWithoutUserfaultfd(mode);
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        LabGuest guest = await Guests.TickingAsync(workspace, installation, Guests.Usual(installation) with { Rate = 0 });
        string settings = await MigrationSettings.ReadAsync(guest);
        JsonNode report = await SavevmCommand.CaptureAsync(
            workspace, guest, "a", "--mode", mode, "--bandwidth", "40MiB/s", "--downtime-limit", "77ms", "--tag", "purpose=test");
        Assert.Equal(mode, (string?)report["mode"]);
        Assert.True((long)report["guest_bytes"]! >= 64L << 20);
        Assert.InRange((long)report["data_bytes"]!, 10L << 20, 30L << 20);
        Assert.True((long)report["stream_bytes"]! > 10L << 20);
        Assert.True((double)report["elapsed_ms"]! > 0);
        Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
        await Guests.AssertRunsOnAsync(guest);

        // Again, from the same QEMU, without limits; both are there and whole.
        await SavevmCommand.CaptureAsync(workspace, guest, "b", "--mode", mode);
        Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
        await Guests.AssertRunsOnAsync(guest);
        Assert.Equal(["a", "b"], (await SavevmCommand.NamesAsync(workspace)).Order());
        (await SavevmCommand.RunAsync(workspace, "check", "--read-data")).Expect(0);
    }

    [Fact]
    public async Task LiveWithManyRoundsKeepsEveryWrite()
    {
        QemuInstallation qemu = QemuLab.Newest;
        Assert.SkipWhen(qemu.LosesWritesUnderTcg, $"QEMU {qemu.Version} loses guest writes as a live source under TCG");
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(qemu) with { Rate = 70, RegionMiB = 24 };
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        JsonNode report = await SavevmCommand.CaptureAsync(
            workspace, guest, "web", "--mode", "live", "--after", "stop", "--bandwidth", "10MiB/s", "--downtime-limit", "30ms");
        Assert.True((int)report["rounds"]! >= 4, $"{report["rounds"]} rounds prove little");
        await guest.ReadAsync();

        // The image of the main RAM is what the source has in it.
        string image = Directory.EnumerateFiles(await SavevmCommand.FolderAsync(workspace, "web"), "*", SearchOption.AllDirectories)
            .Single(file => new FileInfo(file).Length == 64L << 20);
        Assert.Equal(await guest.DigestAsync(), LabGuest.Digest(image));

        foreach (string mode in QemuLab.UserfaultfdAllowed ? new[] { "lazy", "full" } : ["clone", "full"])
        {
            ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", mode);
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            back.Log.AssertContinues(guest.Log);
        }
    }

    [Fact]
    public async Task AForcedLiveFromAQemuThatLosesWritesIsTakenInTwoRounds()
    {
        QemuInstallation qemu = QemuLab.Oldest;
        Assert.SkipUnless(qemu.LosesWritesUnderTcg, $"QEMU {qemu.Version} is not known to lose writes");
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu) with { Rate = 1 });
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "live", "--after", "stop");
        Assert.Equal("live", (string?)report["mode"]);
        await guest.ReadAsync();
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(12);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertContinues(guest.Log);
    }

    [Fact]
    public async Task AGuestThatDoesNotConvergeIsSaidSoAndRunsOn()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace, Guests.Usual(QemuLab.Newest) with { Rate = 800 });
        string settings = await MigrationSettings.ReadAsync(guest);
        var clock = Stopwatch.StartNew();
        SavevmResult result = await SavevmCommand.RunAsync(
            workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", "live", "--bandwidth", "8MiB/s", "--timeout", "6s");
        result.Expect(21);
        Assert.InRange(clock.Elapsed.TotalSeconds, 5.5, 20);
        Assert.Matches(@"\d.*MiB/s.*\d.*MiB/s", result.Errors.ReplaceLineEndings(" "));
        Assert.Contains("hint:", result.Errors, StringComparison.Ordinal);
        await MigrationSettings.AssertBecomesAsync(settings, guest);
        await Guests.AssertRunsOnAsync(guest);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
        Assert.Empty(workspace.Leftovers());
    }

    [Theory]
    [InlineData("live")]
    [InlineData("background")]
    [InlineData("stop")]
    public async Task CtrlCCancelsAndTheGuestRunsOn(string mode)
    {
        SkipWithoutUserfaultfd(mode);
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        string settings = await MigrationSettings.ReadAsync(guest);
        LabProcess capture = SavevmCommand.Start(
            workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", mode, "--bandwidth", "2MiB/s");
        await guest.Monitor.MigrationStatusAsync("active");
        await Task.Delay(400, TestContext.Current.CancellationToken);
        capture.Signal(2);
        (await SavevmCommand.ResultAsync(capture, TimeSpan.FromSeconds(10))).Expect(130);
        await MigrationSettings.AssertBecomesAsync(settings, guest);
        await Guests.AssertRunsOnAsync(guest);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
        Assert.Empty(workspace.Leftovers());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task AfterQuitTheSnapshotIsDurableAndTheQemuIsGone(string qemu, string mode)
    {
        SkipWithoutUserfaultfd(mode);
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        LabGuest guest = await Guests.TickingAsync(workspace, installation, Guests.Usual(installation) with { Rate = 0 });
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", mode, "--after", "quit");
        Assert.True((bool?)report["durable"]);
        Assert.Equal(0, await guest.Process.ExitAsync(TimeSpan.FromSeconds(10)));
        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    [Fact]
    public async Task AMonitorThatIsTakenNamesItsOwner()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        await using QmpClient taken = await QmpClient.ConnectAsync(guest.QmpPath);
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath);
        result.Expect(20);
        Assert.Contains(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Errors, StringComparison.Ordinal);
        Assert.Contains("hint:", result.Errors, StringComparison.Ordinal);
        await Guests.AssertRunsOnAsync(guest);
        Assert.Empty(workspace.Leftovers());
    }

    [Fact]
    public async Task ANameThatIsTakenIsRefusedBeforeTheGuestIsTouched()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        await SavevmCommand.CaptureAsync(workspace, guest, "web");
        string folder = await SavevmCommand.FolderAsync(workspace, "web");
        DateTime written = Directory.GetLastWriteTimeUtc(folder);
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("web", result.Errors, StringComparison.Ordinal);
        Assert.Equal(written, Directory.GetLastWriteTimeUtc(folder));
        await Guests.AssertRunsOnAsync(guest);
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task StopAndLiveNeedNoPrivilege()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu) with { Rate = 4 });
        foreach (string mode in new[] { "stop", "live" })
        {
            JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, mode, "--mode", mode);
            Assert.Equal(mode, (string?)report["mode"]);
        }

        await Guests.AssertRunsOnAsync(guest);
        (await SavevmCommand.RunAsync(workspace, "check", "--read-data")).Expect(0);
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task BackgroundWithoutUserfaultfdIsRefusedWithItsRemedy()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdRefused, "this user may use userfaultfd");
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", "background");
        result.Expect(5);
        Assert.Contains("userfaultfd", result.Errors, StringComparison.Ordinal);
        Assert.Contains("hint:", result.Errors, StringComparison.Ordinal);
        await Guests.AssertRunsOnAsync(guest);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
    }

    private static void SkipWithoutUserfaultfd(string mode) => Assert.SkipUnless(
        QemuLab.UserfaultfdAllowed || mode != "background", "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
}
