using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// A Linux guest with all the devices that a machine usually has: captured by each QEMU in every mode, resumed by each in every mode. Its
/// memory and disks are those of one instant, and every device goes on working.
/// </summary>
public sealed class DeviceMatrixTests
{
    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

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
        string readOnly = await ReadOnlyDiskAsync(workspace);
        MachineDevices devices = family == "pc" ? MachineDevices.Pc(readOnly) : MachineDevices.Q35(readOnly);
        LinuxSpecification specification = LinuxSpecification.For(workspace, from.SharedMachine(family, other), devices.Modules) with
        {
            Processors = (family == "pc") == (from == QemuLab.Oldest) ? 1 : 2,
            Disks = [GuestDisk.Raw(Path.Combine(workspace.NewFolder("disk"), "rw"))],
            MoreDisks = devices.Disks,
            Extra = devices.Arguments,
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, from, specification);
        await guest.UntilTickAsync(20, seconds: 240);
        Assert.Contains(
            $"READY pages=4096 processors={specification.Processors} disks={devices.Disks + 1}{devices.Found}\n", guest.Log.Text, StringComparison.Ordinal);
        await devices.AssertAliveAsync(guest);
        guest.Log.AssertSound();

        int before = guest.Log.LastTick;
        await SavevmCommand.CaptureAsync(workspace, guest, "first", "--mode", from.LosesWritesUnderTcg ? "stop" : "live");
        await guest.MoreTicksAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "background", "--mode", "background");
        int after = await guest.MoreTicksAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "stopped", "--mode", "stop", "--after", "stop");
        (await guest.ReadAsync()).AssertSound();
        guest.Kill();

        await ResumeAsync("first", other, "lazy");
        await ResumeAsync("first", from, "full");
        await ResumeAsync("background", other, "clone");
        await ResumeAsync("background", from, "lazy");
        await ResumeAsync("stopped", other, "full");
        await ResumeAsync("stopped", from, "clone");

        async Task ResumeAsync(string name, QemuInstallation to, string mode)
        {
            string folder = to == from ? guest.Folder : workspace.NewFolder("u");
            IReadOnlyList<string> own = to == from ? [] : ["--", to.Path, .. specification.Arguments(folder)];
            ResumeRun run = ResumeRun.Start(workspace, name, ["--mode", mode, .. own]);
            LabGuest back = await run.GuestAsync(Path.Combine(folder, "lab"));
            JsonNode running = await run.MessageAsync("running");
            Assert.Equal(mode, (string?)running["mode"]);
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            await devices.AssertAliveAsync(back);
            back.Log.AssertSound();
            if (name == "stopped")
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

    /// <summary>A machine without PCI and without versions: only within one release.</summary>
    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AMicrovmGoesOn(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        string disk = GuestDisk.Raw(Path.Combine(workspace.NewFolder("disk"), "rw")).Path;
        LinuxSpecification specification = LinuxSpecification.For(
            workspace, "microvm", "virtio_mmio", "virtio_blk", "virtio_net", "virtio_console", "virtio_balloon", "virtio_rng") with
        {
            Processors = qemu == QemuLab.Newest ? 2 : 1,
            TakesOrders = false,
            MoreDisks = 1,

            // Emulated, it has nothing by which the kernel could measure its clock.
            KernelOptions = "tsc_early_khz=2000000",
            Extra =
            [
                "-drive", $"if=none,id=disk0,file={disk},format=raw", "-device", "virtio-blk-device,drive=disk0",
                "-netdev", "user,id=net0,restrict=on", "-device", "virtio-net-device,netdev=net0",
                "-device", "virtio-serial-device", "-chardev", "ringbuf,id=port,size=65536", "-device", "virtserialport,chardev=port,name=lab",
                "-device", "virtio-balloon-device", "-device", "virtio-rng-device",
            ],
        };
        await AssertGoesOnAsync(workspace, qemu, specification, " disks=1 nets=1 inputs=0 ports=1 rng=1 watchdog=0", "clone", "full");
    }

    [Fact]
    public async Task AQxlDisplayGoesOn()
    {
        await using var workspace = new Workspace();
        QemuInstallation? qemu = null;
        foreach (QemuInstallation candidate in QemuLab.All)
        {
            LabProcess help = workspace.Owns(LabProcess.Start(candidate.Path, ["-device", "help"]));
            await help.ExitAsync();
            qemu = help.Output.Contains("\"qxl-vga\"", StringComparison.Ordinal) ? candidate : qemu;
        }

        Assert.SkipWhen(qemu is null, "no QEMU here has qxl");
        LinuxSpecification specification = LinuxSpecification.For(workspace, qemu.Machine("pc"), "qxl") with
        {
            Extra = ["-device", "qxl-vga", "-device", "qxl"],
        };
        await AssertGoesOnAsync(workspace, qemu, specification, " watchdog=0", "clone", "full");
    }

    /// <summary>
    /// The state of a TPM lies in another process and travels with the machine. The guest is one that does not use it: QEMU loads an initial RAM
    /// disk over the ACPI tables of a machine with a TPM.
    /// </summary>
    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ATpmGoesOn(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation from = QemuLab.Named(name);
        QemuInstallation to = QemuLab.All.FirstOrDefault(qemu => qemu != from) ?? from;
        string socket = Path.Combine(workspace.NewFolder("t"), "tpm");
        GuestSpecification specification = GuestSpecification.For(from.SharedMachine("q35", to), "tcg") with
        {
            Extra = ["-chardev", $"socket,id=tpm,path={socket}", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"],
        };
        await LabPrograms.StartTpmAsync(workspace, socket);
        LabGuest guest = await Guests.TickingAsync(workspace, from, specification);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        guest.Kill();
        SavevmResult shown = await SavevmCommand.RunAsync(workspace, "show", "web", "--json");
        Assert.Contains("tpm-emulator", shown.Expect(0).Output, StringComparison.Ordinal);

        await LabPrograms.StartTpmAsync(workspace, socket);
        string folder = workspace.NewFolder("u");
        ResumeRun run = ResumeRun.Start(workspace, "web", ["--mode", "full", "--", to.Path, .. specification.Arguments(folder)]);
        LabGuest back = await run.GuestAsync(Path.Combine(folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertContinues(guest.Log);
    }

    /// <summary>A device that cannot be migrated is named before anything happens to the guest.</summary>
    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AnNvmeDiskBlocksAndIsNamed(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        string disk = await ReadOnlyDiskAsync(workspace);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Guests.Usual(qemu) with
        {
            Extra = ["-drive", $"if=none,id=disk0,file={disk},format=raw,read-only=on", "-device", "nvme,drive=disk0,serial=one"],
        });
        SavevmResult refusal = (await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath)).Expect(5);
        Assert.Contains("nvme", refusal.Errors, StringComparison.Ordinal);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
        await guest.MoreTicksAsync(3);
        guest.Log.AssertSound();
    }

    private static async Task AssertGoesOnAsync(
        Workspace workspace, QemuInstallation qemu, LinuxSpecification specification, string found, params string[] modes)
    {
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(20, seconds: 240);
        Assert.Contains(found + "\n", guest.Log.Text, StringComparison.Ordinal);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        (await guest.ReadAsync()).AssertSound();
        guest.Kill();
        foreach (string mode in modes)
        {
            ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", mode);
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            back.Log.AssertContinues(guest.Log);
            back.Kill();
        }
    }

    private static async Task<string> ReadOnlyDiskAsync(Workspace workspace)
    {
        string path = Path.Combine(workspace.NewFolder("disk"), "ro");
        await File.WriteAllBytesAsync(path, [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 2654435761L >> 12))]);
        return path;
    }
}
