using Savevm.Interop.Lab;

namespace Savevm.Interop.Ram;

/// <summary>Guests whose memory is made of huge pages.</summary>
public sealed class HugePageTests(HugePages pages) : IClassFixture<HugePages>
{
    // What it writes and verifies is there whatever else is.
    private const long RegionBytes = 16L << 20;

    public static TheoryData<string, string> Forms => new(
        from qemu in QemuLab.All from form in new[] { "memfd", "mem-path" } select (qemu.Name, form));

    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task ComeBackOnHugePagesAndAsClonesOnOrdinaryOnes(string name, string form)
    {
        Assert.SkipWhen(pages.WhyNot is not null, pages.WhyNot ?? string.Empty);
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = Specification(qemu, form);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        Assert.InRange(HostMemory.Huge(guest.ProcessId), RegionBytes, long.MaxValue);

        // With it on, the stream names the size of their pages.
        await guest.Monitor.SetCapabilityAsync("postcopy-ram");
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        await EndAsync(guest);

        // The second time, what the first one asked for travels before the guest runs.
        foreach (string mode in new[] { "lazy", "clone", "full", "lazy" })
        {
            ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", mode);
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            SavevmResult result = (await run.ResultAsync()).Expect(0);
            back.Log.AssertContinues(guest.Log);
            Assert.Equal(mode != "clone", HostMemory.Huge(back.ProcessId) >= RegionBytes);
            Assert.Equal(mode == "clone", result.Errors.Contains("huge", StringComparison.Ordinal));
            await EndAsync(back);
        }
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ABackgroundCaptureOfThemIsExact(string name)
    {
        Assert.SkipWhen(pages.WhyNot is not null, pages.WhyNot ?? string.Empty);
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = Specification(qemu, "memfd");
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "background");
        await guest.MoreTicksAsync(3);
        guest.Log.AssertSound();
        await EndAsync(guest);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertSound();
        await EndAsync(back);
    }

    [Fact]
    public async Task WhereTooFewAreFreeTheRemediesAreNamed()
    {
        Assert.SkipWhen(pages.WhyNot is not null, pages.WhyNot ?? string.Empty);
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Specification(qemu, "memfd"));
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await EndAsync(guest);
        using (pages.Withheld())
        {
            SavevmResult result = (await SavevmCommand.RunAsync(workspace, "resume", "web", "--mode", "full")).Expect(20);
            Assert.Contains("unable to map backing store for guest RAM", result.Errors, StringComparison.Ordinal);
            Assert.Contains("/proc/sys/vm/nr_hugepages, or take --mode clone", result.Errors, StringComparison.Ordinal);
        }
    }

    private GuestSpecification Specification(QemuInstallation qemu, string form)
    {
        GuestSpecification plain = Guests.Usual(qemu);
        return form == "memfd"
            ? plain with { Machine = plain.Machine + ",memory-backend=r0", Extra = ["-object", "memory-backend-memfd,id=r0,size=64M,hugetlb=on,hugetlbsize=2M,share=on"] }
            : plain with { Extra = ["-mem-path", pages.Folder] };
    }

    // The pages are free for the next guest only when the process is gone.
    private static async Task EndAsync(LabGuest guest)
    {
        guest.Kill();
        while (Workspace.IsAlive(guest.ProcessId))
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
