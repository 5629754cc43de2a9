using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Identity;

/// <summary>The command line is not the machine: what was plugged in, unplugged, added and removed while the guest ran is there again.</summary>
public sealed class HotPlugTests
{
    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task TwoCapturesInARowOfAMachineThatGrowsBothComeBack(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg") with
        {
            Extra =
            [
                "-m", "slots=2,maxmem=512M", "-smp", "1,maxcpus=2", "-device", "qemu-xhci,id=xhci", "-device", "virtio-rng-pci", "-netdev", "user,id=cold", "-device", "e1000",
            ],
        };
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        await PluggedMachine.DoAsync(guest, "object-add", """{"qom-type": "rng-random", "id": "entropy", "filename": "/dev/urandom"}""");
        await PluggedMachine.DoAsync(guest, "netdev_add", """{"type": "user", "id": "hotnet"}""");
        await PluggedMachine.DoAsync(guest, "device_add", """{"driver": "virtio-net", "id": "nic", "netdev": "hotnet", "mac": "52:54:00:99:88:77", "host_mtu": 1400, "romfile": ""}""");
        await PluggedMachine.DoAsync(guest, "device_add", """{"driver": "virtio-rng-pci", "id": "rng", "rng": "entropy", "max-bytes": 512, "period": 3000}""");
        await PluggedMachine.DoAsync(guest, "object-add", """{"qom-type": "memory-backend-ram", "id": "mem1", "size": 33554432}""");
        await PluggedMachine.DoAsync(guest, "device_add", """{"driver": "pc-dimm", "id": "dimm1", "memdev": "mem1", "slot": 1}""");
        string first = await PluggedMachine.DescribeAsync(guest);
        JsonNode one = await SavevmCommand.CaptureAsync(workspace, guest, "one", "--mode", "stop");
        Assert.Contains(one["notes"]!.AsArray(), note => (string)note! == "the device dimm1 (pc-dimm) was plugged in while the guest ran");

        // It goes on and grows, and is captured again.
        await guest.MoreTicksAsync(2);
        await PluggedMachine.DoAsync(guest, "device_add", """{"driver": "virtio-serial-pci", "id": "serial"}""");
        await PluggedMachine.DoAsync(
            guest, "chardev-add",
            """{"id": "port-end", "backend": {"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": "FOLDER/port"}}, "server": true, "wait": false}}}"""
                .Replace("FOLDER", guest.Folder, StringComparison.Ordinal));
        await PluggedMachine.DoAsync(guest, "device_add", """{"driver": "virtserialport", "id": "port", "chardev": "port-end", "name": "org.lab.port", "nr": 7}""");
        await PluggedMachine.DoAsync(guest, "device_add", """{"driver": "usb-kbd", "id": "kbd", "bus": "xhci.0"}""");
        await PluggedMachine.DoAsync(guest, "netdev_del", """{"id": "cold"}""");
        JsonNode processor = (await guest.Monitor.ExecuteAsync("query-hotpluggable-cpus"))!.AsArray().First(cpu => cpu!["qom-path"] is null)!;
        JsonObject place = processor["props"]!.DeepClone().AsObject();
        place["driver"] = (string)processor["type"]!;
        place["id"] = "cpu1";
        await guest.Monitor.ExecuteAsync("device_add", place);
        string second = await PluggedMachine.DescribeAsync(guest);
        await SavevmCommand.CaptureAsync(workspace, guest, "two", "--mode", "stop", "--after", "stop");
        GuestLog ticks = await guest.ReadAsync();
        guest.Kill();

        string lazy = QemuLab.UserfaultfdAllowed ? "lazy" : "full";
        await AssertComesBackAsync(workspace, guest, "one", "full", first);
        LabGuest back = await AssertComesBackAsync(workspace, guest, "two", lazy, second);
        back.Log.AssertContinues(ticks);
        LabGuest clone = await AssertComesBackAsync(workspace, guest, "two", "clone", second);
        Assert.Equal("1400", await PluggedMachine.PropertyAsync(clone, "/machine/peripheral/nic", "host_mtu"));
        Assert.Equal("\"52:54:00:99:88:77\"", await PluggedMachine.PropertyAsync(clone, "/machine/peripheral/nic", "mac"));
        Assert.Equal("512", await PluggedMachine.PropertyAsync(clone, "/machine/peripheral/rng", "max-bytes"));
        Assert.Equal("7", await PluggedMachine.PropertyAsync(clone, "/machine/peripheral/port", "nr"));
        Assert.Equal("\"port-end\"", await PluggedMachine.PropertyAsync(clone, "/machine/peripheral/port", "chardev"));
        Assert.Equal(2, (await clone.Monitor.ExecuteAsync("query-cpus-fast"))!.AsArray().Count);

        // A guest that came back has everything on its command line: its own capture corrects nothing. Its first monitor is called qmp0.
        SavevmResult again = await SavevmCommand.RunAsync(workspace, "capture", "three", "--qmp", clone.QmpPath + "0", "--json", "--mode", "stop", "--after", "quit");
        Assert.DoesNotContain(again.Expect(0).Json["notes"]!.AsArray(), note => ((string)note!).Contains("while the guest ran", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task WhatWasUnpluggedIsGoneAndTheRestStaysWhereItWas(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg") with
        {
            Extra =
            [
                "-object", "iothread,id=idle", "-device", "virtio-rng-pci,id=gone", "-device", "virtio-rng-pci,id=stays", "-device", "e1000,romfile=", "-device", "virtio-balloon-pci",
                "-device", "virtio-serial-pci,id=vs", "-chardev", "null,id=cc", "-device", "virtserialport,id=pgone,chardev=cc", "-device", "virtserialport,id=pstays,nr=5",
            ],
        };

        // A guest without a driver gives a device back when it is reset.
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification, "-S");
        await PluggedMachine.DoAsync(guest, "device_del", """{"id": "gone"}""");
        await guest.Monitor.ExecuteAsync("system_reset");
        for (int i = 0; await PluggedMachine.HasAsync(guest, "gone"); i++)
        {
            Assert.True(i < 200, "the device was not unplugged");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await PluggedMachine.DoAsync(guest, "device_del", """{"id": "pgone"}""");
        await PluggedMachine.DoAsync(guest, "object-del", """{"id": "idle"}""");
        await guest.ContinueAsync();
        await guest.UntilTickAsync(3);
        string machine = await PluggedMachine.DescribeAsync(guest);
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        Assert.Contains(report["notes"]!.AsArray(), note => (string)note! == "the device gone was unplugged while the guest ran");
        GuestLog ticks = await guest.ReadAsync();
        guest.Kill();
        LabGuest back = await AssertComesBackAsync(workspace, guest, "web", "full", machine);
        back.Log.AssertContinues(ticks);
        await AssertComesBackAsync(workspace, guest, "web", "clone", machine);
    }

    [Fact]
    public async Task WhatANewQemuPluggedInComesBackInAnOldOne()
    {
        Assert.SkipWhen(QemuLab.Oldest == QemuLab.Newest, "there is only one QEMU");
        await using var workspace = new Workspace();
        GuestSpecification specification = GuestSpecification.For(QemuLab.Newest.SharedMachine("pc", QemuLab.Oldest), "tcg");
        LabGuest guest = await Guests.TickingAsync(workspace, QemuLab.Newest, specification);
        await PluggedMachine.DoAsync(guest, "netdev_add", """{"type": "user", "id": "hotnet"}""");
        await PluggedMachine.DoAsync(guest, "device_add", """{"driver": "virtio-net-pci", "id": "nic", "netdev": "hotnet", "mac": "52:54:00:99:88:77"}""");
        string machine = await PluggedMachine.DescribeAsync(guest);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        GuestLog ticks = await guest.ReadAsync();
        guest.Kill();
        LabGuest back = await AssertComesBackAsync(workspace, guest, "web", "full", machine, "--", QemuLab.Oldest.Path);
        back.Log.AssertContinues(ticks);
    }

    private static async Task<LabGuest> AssertComesBackAsync(
        Workspace workspace, LabGuest source, string snapshot, string mode, string machine, params string[] more)
    {
        ResumeRun run = ResumeRun.Start(workspace, snapshot, ["--mode", mode, .. more]);
        LabGuest back = await run.GuestAsync(Path.Combine(source.Folder, "lab"));
        (await run.ResultAsync()).Expect(0);
        await back.MoreTicksAsync(3);
        back.Log.AssertSound();
        Assert.Equal(machine, await PluggedMachine.DescribeAsync(back));
        return back;
    }
}
