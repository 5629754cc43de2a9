using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>What a background snapshot says of itself: what it costs the guest, what QEMU does not do beside it, and what makes it impossible.</summary>
public sealed class BackgroundTests
{
    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task TheGuestsWaitIsMeasuredAndWhatIsSwitchedOffIsNamed(string name)
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu) with { Rate = 400 });
        await guest.Monitor.SetCapabilityAsync("xbzrle");
        string settings = await MigrationSettings.ReadAsync(guest);

        // The reader is slow, so whoever writes to a page that was not sent yet waits long.
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "capture", "slow", "--qmp", guest.QmpPath, "--mode", "background", "--bandwidth", "6MiB/s", "--json");
        result.Expect(0);
        JsonNode slow = result.Json["slowdown"]!;
        Assert.InRange((double)slow["window_ms"]!, 500, 60_000);
        Assert.InRange((double)slow["ran_before"]!, 0.001, 1);
        Assert.InRange((double)slow["ran_meanwhile"]!, 0.001, 1);
        Assert.InRange((double)slow["waited"]!, 0.01, 1);
        Assert.InRange((double)slow["longest_wait_ms"]!, 2, 60_000);
        Assert.Contains(result.Json["notes"]!.AsArray(), note => ((string?)note)!.Contains("does not combine a background snapshot with xbzrle", StringComparison.Ordinal));
        Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));

        SavevmResult fast = await SavevmCommand.RunAsync(workspace, "capture", "fast", "--qmp", guest.QmpPath, "--mode", "background");
        fast.Expect(0);
        Assert.Matches("its processors ran [0-9]+ % of the time \\([0-9]+ % before\\) and waited [0-9]+ % for their pages", fast.Output);
        await Guests.AssertRunsOnAsync(guest);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task MemoryThatCannotBeProtectedIsNamedBeforeAnythingIsDone(string name)
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        string folder = workspace.NewFolder("m");
        Assert.SkipWhen(new DriveInfo(folder).DriveFormat is "tmpfs" or "ramfs", "the folder for temporary files is memory, which can be protected");
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = Guests.Usual(qemu);
        specification = specification with
        {
            Machine = specification.Machine + ",memory-backend=bank",
            Extra = ["-object", $"memory-backend-file,id=bank,size={specification.RamMiB}M,share=on,mem-path={folder}/bank"],
        };
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        string settings = await MigrationSettings.ReadAsync(guest);
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", "background");
        result.Expect(5);
        Assert.Contains($"bank (mem-path={folder}/bank)", result.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: start the guest with memory-backend-memfd", result.Errors, StringComparison.Ordinal);
        Assert.Equal(settings, await MigrationSettings.ReadAsync(guest));
        await Guests.AssertRunsOnAsync(guest);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));

        // Nobody asked for that mode: another one is taken.
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "web");
        Assert.Equal(qemu.LosesWritesUnderTcg ? "stop" : "live", (string?)report["mode"]);
        Assert.Null(report["slowdown"]);
    }

    private static void SkipWithoutUserfaultfd() =>
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
}
