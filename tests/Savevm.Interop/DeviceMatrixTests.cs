using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// A Linux guest with all the devices that a machine usually has: captured by each QEMU in every mode, resumed by each in every mode. Its
/// memory and disks are those of one instant, and every device goes on working.
/// </summary>
public sealed class DeviceMatrixTests
{
    /// <summary>The QEMU that is captured, and the machine.</summary>
    public static TheoryData<string, string> Sources
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                rows.Add(qemu.Name, "pc");
                rows.Add(qemu.Name, "q35");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task EveryDeviceGoesOnAfterEveryResume(string source, string family)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        QemuInstallation from = QemuLab.Named(source);
        QemuInstallation other = QemuLab.All.FirstOrDefault(qemu => qemu != from) ?? from;
        string readOnly = Path.Combine(workspace.NewFolder("disk"), "ro");
        await File.WriteAllBytesAsync(readOnly, [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 2654435761L >> 12))], TestContext.Current.CancellationToken);
        MachineDevices devices = family == "pc" ? MachineDevices.Pc(readOnly) : MachineDevices.Q35(readOnly);
        GuestDisk disk = GuestDisk.Raw(Path.Combine(workspace.NewFolder("disk"), "rw"));
        LinuxSpecification specification = LinuxSpecification.For(workspace, from.SharedMachine(family, other), devices.Modules) with
        {
            Processors = (family == "pc") == (from == QemuLab.Oldest) ? 1 : 2,
            Disks = [disk],
            MoreDisks = devices.Disks,
            Extra = devices.Arguments,
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, from, specification);
        await guest.UntilTickAsync(20);
        Assert.Contains(
            $"READY pages=4096 processors={specification.Processors} disks={devices.Disks + 1}{devices.Found}\n", guest.Log.Text, StringComparison.Ordinal);
        await devices.AssertAliveAsync(guest);
        guest.Log.AssertSound();

        // The guest goes on after a capture while its disk stands still, so that one copy of the disk is of both instants.
        Assert.Equal("off", await guest.AskAsync('w', "STORING"));
        int before = guest.Log.LastTick;
        string live = from.LosesWritesUnderTcg ? "stop" : "live";
        await SavevmCommand.CaptureAsync(workspace, guest, "first", "--mode", live);
        await SavevmCommand.CaptureAsync(workspace, guest, "background", "--mode", "background");
        int after = (await guest.ReadAsync()).LastTick;
        File.Copy(disk.Path, disk.Path + ".still");
        Assert.Equal("on", await guest.AskAsync('w', "STORING"));
        await guest.MoreTicksAsync(10);
        await SavevmCommand.CaptureAsync(workspace, guest, "stopped", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        guest.Kill();
        File.Copy(disk.Path, disk.Path + ".stopped");

        await ResumeAsync("first", other, "lazy", ".still");
        await ResumeAsync("first", from, "full", ".still");
        await ResumeAsync("background", other, "clone", ".still");
        await ResumeAsync("background", from, "lazy", ".still");
        await ResumeAsync("stopped", other, "full", ".stopped");
        await ResumeAsync("stopped", from, "clone", ".stopped");

        async Task ResumeAsync(string name, QemuInstallation to, string mode, string state)
        {
            File.Copy(disk.Path + state, disk.Path, overwrite: true);
            string folder = to == from ? guest.Folder : workspace.NewFolder("u");
            IReadOnlyList<string> own = to == from ? [] : ["--", to.Path, .. specification.Arguments(folder)];
            ResumeRun run = ResumeRun.Start(workspace, name, ["--mode", mode, "--disks", "ignore", .. own]);
            LabGuest back = await run.GuestAsync(Path.Combine(folder, "lab"));
            JsonNode running = await run.MessageAsync("running");
            Assert.Equal(mode, (string?)running["mode"]);
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            await devices.AssertAliveAsync(back);
            back.Log.AssertSound();
            if (state == ".stopped")
            {
                back.Log.AssertContinues(guest.Log);
            }
            else
            {
                Assert.InRange(back.Log.FirstTick, before, after + 1);
            }

            if (devices.HasGeneration)
            {
                Assert.Equal("1", await back.AskAsync('k', "FORKS"));
            }

            back.Kill();
        }
    }
}
