using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// Every accelerator, with and without root, the first and the second capture of one running source with disks: RAM and disks come back of one
/// instant each time. Modes are those that the commands choose themselves, for that is what most people get.
/// </summary>
public sealed class CrossTests
{
    /// <summary>QEMU, accelerator, machine.</summary>
    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                cells.Add(qemu.Name, "tcg", qemu == QemuLab.Oldest ? "pc" : "q35");
                cells.Add(qemu.Name, "kvm", qemu == QemuLab.Oldest ? "q35" : "pc");
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    [Trait("User", "ordinary")]
    public async Task TheFirstAndTheSecondCaptureComeBackWithTheirDisks(string qemu, string accelerator, string machine)
    {
        QemuLab.Require(accelerator);
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        GuestSpecification specification = await WithDisksAsync(
            workspace, installation, GuestSpecification.For(installation.Machine(machine), accelerator));
        LabGuest guest = await LabGuest.StartAsync(workspace, installation, specification);
        await guest.UntilTickAsync(1);
        foreach (string name in new[] { "first", "second" })
        {
            int before = await guest.MoreTicksAsync(4);
            JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, name);
            Assert.Equal(specification.Disks.Count, report["overlays"]!.AsArray().Count);
            int after = (await guest.ReadAsync()).LastTick;

            // The source goes on long enough to write every sector anew.
            await guest.MoreTicksAsync(specification.Sectors / specification.SectorWrites);
            await AssertComesBackAsync(workspace, specification, guest, name, before, after);
        }

        await guest.MoreTicksAsync(specification.TicksPerPass);
        guest.Log.AssertSound();
    }

    private static async Task AssertComesBackAsync(
        Workspace workspace, GuestSpecification specification, LabGuest guest, string name, int before, int after)
    {
        ResumeRun run = ResumeRun.Start(workspace, name);
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertSound();
        Assert.InRange(back.Log.FirstTick, before, after + 1);
        back.Kill();
    }

    private static async Task<GuestSpecification> WithDisksAsync(Workspace workspace, QemuInstallation qemu, GuestSpecification specification)
    {
        string folder = workspace.NewFolder("disks");
        return specification with
        {
            Disks =
            [
                GuestDisk.Raw(Path.Combine(folder, "a.raw")),
                (await GuestDisk.Qcow2Async(workspace, qemu, Path.Combine(folder, "b.qcow2"))) with { Blockdev = true },
            ],
        };
    }
}
