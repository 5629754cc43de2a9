using System.Diagnostics;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// Source, command and destination ended at random moments, and a QEMU that stops answering: the guest that lives still runs, a snapshot is
/// there whole or not at all, nothing stays behind.
/// </summary>
public sealed class KillTests
{
    /// <summary>Rounds of each kind; the moments are spread over the length of the operation, from a seed that is part of the name.</summary>
    public static TheoryData<string, int> Rounds
    {
        get
        {
            var rows = new TheoryData<string, int>();
            for (int seed = 1; seed <= 4; seed++)
            {
                rows.Add("live", seed);
                rows.Add("background", seed);
                rows.Add("stop", seed);
            }

            return rows;
        }
    }

    public static TheoryData<string, int> LiveRounds
    {
        get
        {
            var rows = new TheoryData<string, int>();
            for (int seed = 1; seed <= 6; seed++)
            {
                rows.Add(seed % 2 == 0 ? "background" : "live", seed);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rounds))]
    public async Task TheSourceIsKilledDuringACapture(string mode, int seed)
    {
        SkipWithoutUserfaultfd(mode);
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace, Slow);
        LabProcess capture = StartCapture(workspace, guest, mode);
        await Task.Delay(Moment(seed), TestContext.Current.CancellationToken);
        guest.Kill();
        SavevmResult result = (await SavevmCommand.ResultAsync(capture, TimeSpan.FromSeconds(15))).Expect(0, 20);
        await AssertWholeOrNothingAsync(workspace, result.ExitCode == 0);
    }

    [Theory]
    [MemberData(nameof(LiveRounds))]
    public async Task TheCommandIsKilledDuringACapture(string mode, int seed)
    {
        SkipWithoutUserfaultfd(mode);
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace, Slow);
        LabProcess capture = StartCapture(workspace, guest, mode);
        await Task.Delay(Moment(seed), TestContext.Current.CancellationToken);
        capture.Signal(9);
        await capture.ExitAsync();
        await Guests.AssertRunsOnAsync(guest);

        // Nothing of it is seen, the next command clears it away, and the next capture of the same guest works.
        bool whole = (await SavevmCommand.NamesAsync(workspace)).Count == 1;
        await SavevmCommand.CaptureAsync(workspace, guest, "next", "--mode", mode);
        await Guests.AssertRunsOnAsync(guest);
        Assert.Equal(whole ? ["next", "web"] : ["next"], (await SavevmCommand.NamesAsync(workspace)).Order());
        (await SavevmCommand.RunAsync(workspace, "check", "--read-data")).Expect(0);
        Assert.Empty(workspace.Leftovers());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task TheDestinationIsKilledDuringALazyResume(int seed)
    {
        SkipWithoutUserfaultfd("lazy");
        await using var workspace = new Workspace();

        // A guest that asks for few pages, so that most still have to come.
        LabGuest guest = await Guests.CapturedAsync(workspace, Slow with { Verify = 4 });
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "lazy", "--bandwidth", "4MiB/s");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await Task.Delay(Moment(seed) / 2, TestContext.Current.CancellationToken);
        Assert.False(run.Has("complete"));
        back.Kill();
        (await run.ResultAsync(TimeSpan.FromSeconds(15))).Expect(20);
        Assert.Empty(workspace.Leftovers());
        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task TheCommandIsToldToEndBeforeAGuestRuns(int seed)
    {
        await using var workspace = new Workspace();
        await Guests.CapturedAsync(workspace);
        LabProcess resume = SavevmCommand.Start(workspace, "resume", "web", "--mode", "full", "--bandwidth", "4MiB/s", "--json");
        await Task.Delay(seed * 120, TestContext.Current.CancellationToken);
        resume.Signal(2);
        SavevmResult result = await SavevmCommand.ResultAsync(resume, TimeSpan.FromSeconds(15));
        result.Expect(130);
        Assert.DoesNotContain("\"running\"", result.Output, StringComparison.Ordinal);
        Assert.Empty(workspace.Leftovers());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task TheCommandIsKilledBeforeAGuestRuns(int seed)
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.CapturedAsync(workspace);
        LabProcess resume = SavevmCommand.Start(workspace, "resume", "web", "--mode", "full", "--bandwidth", "2MiB/s", "--json");
        await Task.Delay(seed * 250, TestContext.Current.CancellationToken);
        resume.Signal(9);
        await resume.ExitAsync();

        // A QEMU whose migration broke ends by itself, one that waits for it is ended by the next resume, and the folder goes.
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        (await run.ResultAsync()).Expect(0);
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(workspace.RunFolder, "savevm")));
        Assert.Empty(workspace.Strangers());
        await back.MoreTicksAsync(3);
        back.Log.AssertContinues(guest.Log);
    }

    [Theory]
    [InlineData("live")]
    [InlineData("stop")]
    public async Task AQemuThatStopsAnsweringIsGivenUpAfterTheTimeout(string mode)
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace, Slow);
        string settings = await MigrationSettings.ReadAsync(guest);
        LabProcess capture = SavevmCommand.Start(
            workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", mode, "--bandwidth", "8MiB/s", "--timeout", "3s");
        await guest.Monitor.MigrationStatusAsync("active");
        guest.Process.Signal(19);
        try
        {
            var clock = Stopwatch.StartNew();
            (await SavevmCommand.ResultAsync(capture, TimeSpan.FromSeconds(25))).Expect(20, 21);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
            Assert.Empty(await SavevmCommand.NamesAsync(workspace));
            Assert.Empty(workspace.Leftovers());
        }
        finally
        {
            guest.Process.Signal(18);
        }

        if (mode == "live")
        {
            // It answers again: what was asked of it meanwhile is done, or undone.
            await Guests.AssertRunsOnAsync(guest);
            await SavevmCommand.CaptureAsync(workspace, guest, "next", "--mode", "live");
            await Guests.AssertRunsOnAsync(guest);
            Assert.NotEmpty(settings);
        }
    }

    private static GuestSpecification Slow => Guests.Usual(QemuLab.Newest) with { Rate = 4 };

    /// <summary>About 1.2 seconds long.</summary>
    private static LabProcess StartCapture(Workspace workspace, LabGuest guest, string mode) =>
        SavevmCommand.Start(workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", mode, "--bandwidth", "12MiB/s");

    private static TimeSpan Moment(int seed) => TimeSpan.FromMilliseconds((seed * 577 % 13) * 110);

    private static async Task AssertWholeOrNothingAsync(Workspace workspace, bool whole)
    {
        Assert.Equal(whole ? ["web"] : [], await SavevmCommand.NamesAsync(workspace));
        (await SavevmCommand.RunAsync(workspace, "check", "--read-data")).Expect(0);
        Assert.Empty(workspace.Leftovers());
    }

    private static void SkipWithoutUserfaultfd(string mode) => Assert.SkipUnless(
        QemuLab.UserfaultfdAllowed || mode is "live" or "stop", "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
}
