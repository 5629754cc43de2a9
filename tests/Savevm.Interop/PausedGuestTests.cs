using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>A guest that its user had paused comes back paused, with the same bytes in its RAM, and goes on at the next tick.</summary>
public sealed class PausedGuestTests
{
    /// <summary>QEMU, machine, capture mode, resume mode.</summary>
    public static TheoryData<string, string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string, string>();
            string[] machines = ["pc", "q35"];
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                int row = 0;
                foreach (string capture in new[] { "live", "background", "stop" })
                {
                    foreach (string resume in new[] { "lazy", "clone", "full" })
                    {
                        cells.Add(qemu.Name, machines[row++ % 2], capture, resume);
                    }
                }
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task ComesBackPausedWithTheSameRam(string qemu, string machine, string capture, string resume)
    {
        Assert.SkipUnless(
            QemuLab.UserfaultfdAllowed || (capture != "background" && resume != "lazy"),
            "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        GuestSpecification specification = GuestSpecification.For(installation.Machine(machine), "tcg");
        LabGuest guest = await LabGuest.StartAsync(workspace, installation, specification);
        await guest.UntilTickAsync(4);
        await guest.StopAsync();
        string digest = await guest.DigestAsync();

        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "still", "--mode", capture);
        // QEMU 7.2 lets a paused guest run after a background snapshot of it; a guest that stands still needs none.
        Assert.Equal(capture == "background" ? "stop" : capture, (string?)report["mode"]);
        Assert.Contains(await guest.Monitor.StatusAsync(), new[] { "paused", "postmigrate" });
        Assert.Equal(digest, await guest.DigestAsync());

        ResumeRun run = ResumeRun.Start(workspace, "still", "--mode", resume);
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        Assert.Equal("paused", (string?)(await run.MessageAsync("running"))["state"]);
        (await run.ResultAsync()).Expect(0);
        Assert.Equal("paused", await back.Monitor.StatusAsync());
        Assert.Equal(digest, await back.DigestAsync());

        await back.ContinueAsync();
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        await guest.ReadAsync();
        back.Log.AssertContinues(guest.Log);

        // The source's user may go on, too.
        await guest.ContinueAsync();
        await guest.MoreTicksAsync(3);
        guest.Log.AssertSound();
    }
}
