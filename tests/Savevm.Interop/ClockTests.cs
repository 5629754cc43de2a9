using System.Globalization;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>What a guest sees that is resumed on another day, as docs/time.md tells: by the guest's own clocks, on every QEMU.</summary>
public sealed class ClockTests
{
    // Another time of day too: a clock that keeps only that would look right after whole days.
    private const long Away = (7 * 86400) + 7200;

    // The guest is read some seconds after its clocks were.
    private const long Slack = 60;

    /// <summary>QEMU, its -rtc, and the guest's clock source.</summary>
    public static TheoryData<string, string, string> Clocks
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            rows.Add(QemuLab.Newest.Name, "base=utc", "tsc");
            rows.Add(QemuLab.Oldest.Name, "base=utc", "hpet");
            rows.Add(QemuLab.Newest.Name, "clock=vm", "acpi_pm");
            rows.Add(QemuLab.Oldest.Name, "clock=rt", "tsc");
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Clocks))]
    public async Task TheGuestsClockGoesOnAndItsRtcKnowsTheDayUnlessItIsTheGuestsOwn(string name, string rtc, string source)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);

        // The kernel's watchdog would leave the TSC for another clock where a busy host lets an emulated processor wait.
        LinuxSpecification specification = Specification(workspace, qemu, rtc) with { KernelOptions = $"clocksource={source} tsc=nowatchdog" };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(10, seconds: 240);
        await guest.AskAsync('a', "TIME");
        Times before = Times.Parse(await guest.AskAsync('t', "TIME"));
        Assert.Equal(source, before.Source);
        Assert.InRange(before.Rtc, (before.Realtime / 1000) - 3, (before.Realtime / 1000) + 3);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        guest.Kill();

        workspace.CommandEnvironment = LabPrograms.Later(Away);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "clone");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        Times after = Times.Parse(await back.AskAsync('t', "TIME"));
        SavevmResult result = (await run.ResultAsync()).Expect(0);
        bool follows = rtc == "base=utc";
        Assert.Contains("goes on from its capture, 7 days ago", result.Errors, StringComparison.Ordinal);
        Assert.Equal(follows, result.Errors.Contains("hwclock", StringComparison.Ordinal));

        // What the guest counts by itself does not know that it was away.
        Assert.Equal(source, after.Source);
        Assert.InRange(after.Realtime - before.Realtime, 0, Slack * 1000);
        Assert.InRange(after.Monotonic - before.Monotonic, 0, Slack * 1000);
        Assert.InRange(after.Boottime - before.Boottime, 0, Slack * 1000);
        Assert.True(after.Tsc > before.Tsc);
        await back.MoreTicksAsync(20);
        Assert.InRange(int.Parse((await back.AskAsync('g', "GAP")).Split(' ')[0], CultureInfo.InvariantCulture), 1, 20000);

        // The RTC is the host's clock, unless QEMU was told otherwise.
        long behind = follows ? Away : 0;
        Assert.InRange(after.Rtc - before.Rtc, behind - 3, behind + Slack);

        // Its alarm knows a time of day only: what was due meanwhile does not ring.
        await back.MoreTicksAsync(100);
        Times later = Times.Parse(await back.AskAsync('t', "TIME"));
        Assert.Equal(follows, later.Alarm != 0);

        // Setting the clock from the RTC is what remains to be done.
        Times set = Times.Parse(await back.AskAsync('s', "TIME"));
        Assert.InRange(set.Realtime / 1000, set.Rtc - 2, set.Rtc + 2);
        back.Log.AssertContinues(guest.Log);
        back.Kill();
        await AssertOtherClocksAsync(workspace, qemu, specification, before, rtc);
    }

    // The state's time is one of the clock that it was saved by.
    private static async Task AssertOtherClocksAsync(
        Workspace workspace, QemuInstallation qemu, LinuxSpecification specification, Times before, string rtc)
    {
        string folder = workspace.NewFolder("u");
        string wrong = rtc == "base=utc" ? "clock=vm" : "clock=host";
        SavevmResult refusal = (await SavevmCommand.RunAsync(workspace, ["resume", "web", "--mode", "clone", "--", .. Command(wrong)])).Expect(5);
        Assert.Contains("wrong time", refusal.Errors, StringComparison.Ordinal);
        Assert.Contains("clock=rt", refusal.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));

        ResumeRun run = ResumeRun.Start(workspace, "web", ["--mode", "clone", "--", .. Command("clock=rt")]);
        LabGuest back = await run.GuestAsync(Path.Combine(folder, "lab"));
        Times after = Times.Parse(await back.AskAsync('t', "TIME"));
        (await run.ResultAsync()).Expect(0);
        Assert.InRange(after.Rtc - before.Rtc, -3, Slack);
        back.Log.AssertSound();

        IReadOnlyList<string> Command(string clock) => [qemu.Path, .. (specification with { Extra = ["-rtc", clock] }).Arguments(folder)];
    }

    private static LinuxSpecification Specification(Workspace workspace, QemuInstallation qemu, string rtc) =>
        LinuxSpecification.For(workspace, qemu.Machine("pc")) with { Extra = ["-rtc", rtc] };

    /// <summary>The guest's clocks: milliseconds, of the RTC and its alarm seconds since 1970.</summary>
    private sealed record Times(long Realtime, long Monotonic, long Boottime, long Rtc, long Tsc, long Alarm, string Source)
    {
        public static Times Parse(string text)
        {
            Dictionary<string, string> parts = text.Split(' ').ToDictionary(part => part[..part.IndexOf('=')], part => part[(part.IndexOf('=') + 1)..]);
            return new(Number("realtime"), Number("monotonic"), Number("boottime"), Number("rtc"), Number("tsc"), Number("alarm"), parts["source"]);

            long Number(string name) => long.Parse(parts[name], CultureInfo.InvariantCulture);
        }
    }
}
