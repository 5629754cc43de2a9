using System.Diagnostics;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Identity;

/// <summary>What cannot be resumed is refused with the reason and the option to pass, and nothing is left of the attempt.</summary>
public sealed class IdentityRefusalTests
{
    private static readonly string[] Devices = ["-device", "virtio-rng-pci,id=rng", "-device", "virtio-balloon-pci,id=balloon", "-device", "e1000,id=nic"];

    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Fact]
    public async Task AnotherCommandLineIsRefusedBeforeAnythingIsStarted()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = Usual(qemu) with
        {
            Extra = [.. Devices, "-smp", "2", "-object", "memory-backend-ram,id=mem1,size=16M", "-m", "slots=1,maxmem=256M", "-device", "pc-dimm,id=dimm,memdev=mem1"],
        };
        await Guests.CapturedAsync(workspace, specification);
        string rom = Path.Combine(workspace.Root, "small.rom");
        File.WriteAllBytes(rom, new byte[5000]);
        (string Old, string New, string Why, string Hint)[] cases =
        [
            ("-device virtio-rng-pci,id=rng ", "", "the guest has a device rng (virtio-rng-pci) at pci.0/02.0 that the command line does not make", "add -device virtio-rng-pci,id=rng"),
            ("id=balloon", "id=balloon,addr=0xa", "the device balloon (virtio-balloon-pci) was at pci.0/03.0, the command line puts it at addr=0a.0", "use addr=03.0"),
            ("virtio-rng-pci,id=rng", "virtio-balloon-pci,id=rng", "the guest has a device rng (virtio-rng-pci)", "add -device virtio-rng-pci,id=rng"),
            ("-smp 2", "-smp 1", "the guest has 2 processors, the command line makes 1", "use -smp 2"),
            ("size=16M", "size=32M", "the guest's memory mem1 has 16 MiB, the command line makes it 32 MiB", "use size=16M for mem1"),
            ("-object memory-backend-ram,id=mem1,size=16M", "", "the guest has memory mem1 of 16 MiB, which the command line does not make", "add -object memory-backend-ram,id=mem1,size=16M"),
            ("slots=1", "slots=2", "the machine has 1 slots for memory modules, the command line makes 2", "slots=1,maxmem=256M"),
            ("id=nic", $"id=nic,romfile={rom}", "the ROM of the device nic (e1000) has 256 KiB", "add romsize=262144"),
            ("id=nic", "id=nic,romfile=", "the device nic (e1000) has a ROM of 256 KiB, the command line gives it none", "leave romfile= out"),
        ];
        foreach (var (old, fresh, why, hint) in cases)
        {
            string line = string.Join(' ', specification.Extra);
            Assert.Contains(old, line + " ", StringComparison.Ordinal);
            string[] extra = (line + " ").Replace(old, fresh, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            await AssertRefusedAsync(workspace, qemu, specification with { Extra = extra }, "full", why, hint);
        }
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task WhatOnlyShowsOnceTheMachineIsMadeIsRefusedBeforeAByteIsSent(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = Usual(qemu) with { Extra = [.. Devices, "-device", "VGA,vgamem_mb=8"] };
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        guest.Kill();

        // Devices in another order get each other's addresses; whoever names no address says nothing that could be checked beforehand.
        await AssertRefusedAsync(
            workspace, qemu, specification with { Extra = ["-device", "virtio-balloon-pci,id=balloon", "-device", "virtio-rng-pci,id=rng", .. Devices[4..], "-device", "VGA,vgamem_mb=8"] },
            QemuLab.UserfaultfdAllowed ? "lazy" : "full", "at pci.0/02.0 the guest has a rng (virtio-rng-pci), and the QEMU that is to load it a virtio-balloon-pci", "addr=02.0");
        await AssertRefusedAsync(
            workspace, qemu, specification with { Extra = ["-device", "pci-bridge,chassis_nr=1", .. Devices, "-device", "VGA,vgamem_mb=8"] },
            "clone", "the QEMU that is to load it a pci-bridge", "-device virtio-rng-pci,id=rng");
        await AssertRefusedAsync(
            workspace, qemu, specification with { Extra = [.. Devices, "-device", "VGA,vgamem_mb=16"] },
            "full", "vga.vram has 8 MiB in the snapshot and 16 MiB in the QEMU that is to load it", "same display device");
    }

    [Fact]
    public async Task AQemuOfTheUsersOwnIsLookedAtTooAndLeftAlone()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = Usual(qemu) with { Extra = Devices };
        await Guests.CapturedAsync(workspace, specification);
        foreach (var (other, why) in new[]
        {
            (specification with { Machine = qemu.Machine("q35") }, $"the state is of a machine {specification.Machine}, the QEMU that is to load it is a {qemu.Machine("q35")}"),
            (specification with { Extra = Devices[2..] }, "at pci.0/02.0 the guest has a rng (virtio-rng-pci), and the QEMU that is to load it a virtio-balloon-pci"),
            (specification with { RamMiB = 80 }, "the RAM block pc.ram has 64 MiB in the snapshot and 80 MiB in the QEMU that is to load it"),
        })
        {
            LabGuest own = await LabGuest.StartAsync(workspace, qemu, other, "-incoming", "defer");
            SavevmResult result = (await SavevmCommand.RunAsync(workspace, "resume", "web", "--mode", "full", "--qmp", own.QmpPath)).Expect(5);
            Assert.Contains(why, result.Errors, StringComparison.Ordinal);
            Assert.Equal("inmigrate", await own.Monitor.StatusAsync());
            Assert.Empty(workspace.Leftovers());
        }
    }

    [Fact]
    public async Task AnEmulatorWithoutADeviceOfTheGuestIsRefused()
    {
        Assert.SkipUnless(QemuLab.Oldest.Version.Major < 8 && QemuLab.Newest.Version.Major >= 9, "no QEMU here lacks a device of another");
        await using var workspace = new Workspace();
        GuestSpecification specification = GuestSpecification.For(QemuLab.Newest.SharedMachine("pc", QemuLab.Oldest), "tcg") with { Extra = ["-device", "virtio-multitouch-pci,id=touch"] };
        await Guests.CapturedAsync(workspace, specification);
        await AssertRefusedAsync(workspace, QemuLab.Oldest, specification, "full", "has no device virtio-multitouch-pci, which the guest has (touch)", "SAVEVM_QEMU");
    }

    [Fact]
    public async Task ARelativeFileInAFolderThatIsGoneIsNotLookedForElsewhere()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        string folder = workspace.NewFolder("w"), sockets = workspace.NewFolder("g");
        File.Copy(GuestSpecification.Image, Path.Combine(folder, "ticker.bin"));
        IEnumerable<string> arguments = Usual(qemu).Arguments(sockets).Select(word => word == GuestSpecification.Image ? "ticker.bin" : word);
        LabProcess process = workspace.Owns(LabProcess.Start("/usr/bin/env", ["-C", folder, qemu.Path, .. arguments]));
        await using (QmpClient monitor = await QmpClient.ConnectAsync(Path.Combine(sockets, "lab"), () => !process.HasExited))
        {
            (await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", Path.Combine(sockets, "qmp"), "--mode", "stop", "--after", "quit")).Expect(0);
        }

        await process.ExitAsync();
        Directory.Move(folder, folder + "-moved");
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, "resume", "web", "--mode", "full")).Expect(5);
        Assert.Contains($"the folder that the guest was started in is gone ({folder}), and its command line names files there: -kernel ticker.bin", result.Errors, StringComparison.Ordinal);
        Directory.Move(folder + "-moved", folder);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(sockets, "lab"));
        await back.MoreTicksAsync(3);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ADeviceThatBlocksMigrationIsNamedBeforeAByteMoves(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Usual(qemu) with { Extra = ["-device", "nvme,id=disk1,serial=1"] });
        foreach (string mode in QemuLab.UserfaultfdAllowed ? new[] { "live", "stop", "background" } : ["live", "stop"])
        {
            SavevmResult result = (await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", mode)).Expect(5);
            Assert.Contains("the device disk1 (nvme)", result.Errors, StringComparison.Ordinal);
            Assert.Contains("hint: unplug it (device_del disk1 on its monitor) or start the guest without it", result.Errors, StringComparison.Ordinal);
            Assert.Equal("running", await guest.Monitor.StatusAsync());
        }

        await Guests.AssertRunsOnAsync(guest);
        Assert.Empty(workspace.Leftovers());
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
    }

    private static GuestSpecification Usual(QemuInstallation qemu) => GuestSpecification.For(qemu.Machine("pc"), "tcg") with { RegionMiB = 4 };

    private static async Task AssertRefusedAsync(
        Workspace workspace, QemuInstallation qemu, GuestSpecification specification, string mode, string why, string hint)
    {
        string folder = workspace.NewFolder("u");
        var clock = Stopwatch.StartNew();
        SavevmResult result = await SavevmCommand.RunAsync(workspace, ["resume", "web", "--mode", mode, "--", qemu.Path, .. specification.Arguments(folder)]);
        result.Expect(5);
        Assert.Contains(why, result.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), "it took too long");
        Assert.Empty(workspace.Leftovers());
        Assert.DoesNotContain(workspace.Strangers(), stranger => stranger.Contains(folder, StringComparison.Ordinal));
    }
}
