using System.Diagnostics;
using System.Net.Sockets;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>Clones, a QEMU of the user's own, interrupts, the background.</summary>
public sealed class ResumeTests
{
    [Fact]
    [Trait("User", "ordinary")]
    public async Task ThreeClonesAllGoOnFromTheSameTick()
    {
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest);
        LabGuest guest = await Guests.CapturedAsync(workspace, specification);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "clone", "--clones", "3");
        var processes = new HashSet<int>();
        for (int i = 0; i < 3; i++)
        {
            LabGuest clone = await run.GuestAsync(Path.Combine(guest.Folder, "lab"), i);
            Assert.True(processes.Add(clone.ProcessId));
            await clone.MoreTicksAsync(specification.TicksPerPass + 3);
            clone.Log.AssertContinues(guest.Log);
        }

        (await run.ResultAsync()).Expect(0);
        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task FullNeedsNoPrivilege()
    {
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest);
        LabGuest guest = await Guests.CapturedAsync(workspace, specification);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertContinues(guest.Log);
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task AutoTakesLazyWhereItMayElseCloneWithTheRemedy()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.CapturedAsync(workspace);
        ResumeRun run = ResumeRun.Start(workspace, "web");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(12);
        SavevmResult result = (await run.ResultAsync()).Expect(0);
        back.Log.AssertContinues(guest.Log);
        if (QemuLab.UserfaultfdAllowed)
        {
            Assert.Equal("lazy", (string?)(await run.MessageAsync("running"))["mode"]);
        }
        else if (QemuLab.UserfaultfdRefused)
        {
            Assert.Equal("clone", (string?)(await run.MessageAsync("running"))["mode"]);
            Assert.Contains("userfaultfd", result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task LazyWithoutUserfaultfdIsRefusedWithItsRemedy()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdRefused, "this user may use userfaultfd");
        await using var workspace = new Workspace();
        await Guests.CapturedAsync(workspace);
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "resume", "web", "--mode", "lazy");
        result.Expect(5);
        Assert.Contains("vm.unprivileged_userfaultfd", result.Errors, StringComparison.Ordinal);
        Assert.Contains("hint:", result.Errors, StringComparison.Ordinal);
        Assert.Empty(workspace.Leftovers());
    }

    [Theory]
    [InlineData("lazy")]
    [InlineData("full")]
    public async Task GoesIntoAQemuThatTheUserStarted(string mode)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed || mode != "lazy", "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest);
        LabGuest guest = await Guests.CapturedAsync(workspace, specification);
        LabGuest own = await LabGuest.StartAsync(workspace, QemuLab.Newest, specification, "-incoming", "defer");
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "resume", "web", "--mode", mode, "--qmp", own.QmpPath, "--json");
        result.Expect(0);
        await own.MoreTicksAsync(specification.TicksPerPass + 3);
        own.Log.AssertContinues(guest.Log);
        Assert.Empty(workspace.Leftovers());
    }

    [Fact]
    public async Task ConnectsToAQemuThatWaits()
    {
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest);
        LabGuest guest = await Guests.CapturedAsync(workspace, specification);
        string uri = $"unix:{workspace.NewFolder("i")}/in";
        LabGuest own = await LabGuest.StartAsync(workspace, QemuLab.Newest, specification, "-incoming", uri);
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, "resume", "web", "--mode", "full", "--connect", uri, "--json")).Expect(0);

        // It was stopped for its capture, and only its own monitor can let it run.
        Assert.Equal("paused", (string?)result.JsonLines[0]["state"]);
        Assert.Contains("cont", result.Errors, StringComparison.Ordinal);
        await own.ContinueAsync();
        await own.MoreTicksAsync(specification.TicksPerPass + 3);
        own.Log.AssertContinues(guest.Log);
    }

    [Fact]
    public async Task ASerialSocketOfTheRecordedCommandLineIsMadeFreshAndWorks()
    {
        await using var workspace = new Workspace();
        string serial = Path.Combine(workspace.NewFolder("s"), "serial");
        GuestSpecification specification = Guests.Usual(QemuLab.Newest) with
        {
            // The ticker talks on the first port; the second is there to be made fresh.
            Extra = ["-chardev", $"socket,id=second,path={serial},server=on,wait=off", "-serial", "chardev:second"],
        };
        LabGuest guest = await Guests.CapturedAsync(workspace, specification);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "clone");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        string? fresh = (string?)(await run.MessageAsync("running"))["sockets"]![serial];
        Assert.NotNull(fresh);
        Assert.NotEqual(serial, fresh);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(fresh), TestContext.Current.CancellationToken);
        await back.MoreTicksAsync(5);
        (await run.ResultAsync()).Expect(0);
    }

    [Theory]
    [InlineData("fetch", 0)]
    [InlineData("kill", 130)]
    public async Task CtrlCDuringALazyResumeNeverStrandsTheGuest(string choice, int exitCode)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest) with { Verify = 16 };
        LabGuest guest = await Guests.CapturedAsync(workspace, specification);
        ResumeRun run = ResumeRun.Start(
            workspace, "web", "--mode", "lazy", "--prefetch", "none", "--on-interrupt", choice);
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(5);
        Assert.False(run.Has("complete"));
        run.Process.Signal(2);
        (await run.ResultAsync(TimeSpan.FromSeconds(20))).Expect(exitCode);
        if (choice == "kill")
        {
            Assert.False(Workspace.IsAlive(back.ProcessId));
            Assert.Empty(workspace.Leftovers());
            return;
        }

        Assert.True(run.Has("complete"), run.Process.Output);
        await back.MoreTicksAsync(12);
        back.Log.AssertContinues(guest.Log);
        Assert.Contains("completed", await back.Monitor.MigrationStatusAsync("completed"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DetachedItReturnsWhileTheGuestIsServedInTheBackground()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest);
        LabGuest guest = await Guests.CapturedAsync(workspace, specification);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "lazy", "--detach", "--bandwidth", "10MiB/s");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        (await run.ResultAsync(TimeSpan.FromSeconds(10))).Expect(0);
        await back.Monitor.MigrationStatusAsync("completed");
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        back.Log.AssertContinues(guest.Log);

        // The page server goes when the guest needs it no more.
        var clock = Stopwatch.StartNew();
        while (workspace.Strangers().Count > 0 && clock.Elapsed < TimeSpan.FromSeconds(10))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Empty(workspace.Strangers());
    }

    [Fact]
    public async Task WithoutJsonItPrintsOneLineWhenTheGuestRunsAndOneWhenAllRamHasArrived()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace { GuestsMayLeaveFiles = true };
        await Guests.CapturedAsync(workspace);
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, "resume", "web", "--mode", "lazy")).Expect(0);
        string[] lines = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith(' '))];
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^web: running \d+ ms after start, lazy, \d+ pages sent before", lines[0]);
        Assert.Contains("all RAM has arrived", lines[1], StringComparison.Ordinal);
        string process = lines[0].Split("pid ")[1].Split(',')[0];
        LabProcess.Signal(int.Parse(process, System.Globalization.CultureInfo.InvariantCulture), 9);
    }

    [Fact]
    public async Task TheDemoShowsThatNotOneTickWasLost()
    {
        await using var workspace = new Workspace();
        LabProcess demo = workspace.Owns(LabProcess.Start(SavevmExecutable.Path, ["demo"], new Dictionary<string, string>
        {
            ["SAVEVM_QEMU"] = QemuLab.Newest.Path,
            ["SAVEVM_REPOSITORY"] = workspace.Repository,
            ["XDG_RUNTIME_DIR"] = workspace.RunFolder,
            ["TMPDIR"] = workspace.TemporaryFolder,
            ["NO_COLOR"] = "1",
        }));
        SavevmResult result = (await SavevmCommand.ResultAsync(demo)).Expect(0);
        foreach (string mode in new[] { "lazy", "clone", "full" })
        {
            Assert.Contains(mode, result.Output, StringComparison.Ordinal);
        }

        Assert.Empty(workspace.Leftovers());
    }
}
