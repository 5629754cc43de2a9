using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>Disks in all their places: media that were changed or taken out, flash, filters, disks that were plugged in later, a layer over all.</summary>
public sealed class DiskMediaTests
{
    public static TheoryData<string, string> Cells => new(
        QemuLab.All.SelectMany(qemu => new[] { (qemu.Name, "pc"), (qemu.Name, "q35") }));

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task AreWhereTheyWere(string qemu, string machine)
    {
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        string folder = workspace.NewFolder("disks");
        string File(string name, int kibibytes)
        {
            string path = Path.Combine(folder, name);
            using FileStream file = System.IO.File.Create(path);
            file.SetLength((long)kibibytes << 10);
            return path;
        }

        GuestSpecification specification = GuestSpecification.For(installation.Machine(machine), "tcg") with
        {
            Disks = [GuestDisk.Raw(Path.Combine(folder, "a.raw"))],
            Extra =
            [
                "-cdrom", File("old.iso", 64),
                "-drive", $"if=none,id=cd1,media=cdrom,file={File("out.iso", 64)},format=raw", "-device", machine == "pc" ? "ide-cd,drive=cd1,bus=ide.0" : "ide-cd,drive=cd1,bus=ide.3",
                "-blockdev", $"driver=file,node-name=f9,filename={File("gone.iso", 64)},read-only=on", "-device", "virtio-scsi-pci,id=scsi", "-device", "scsi-cd,id=cd2,bus=scsi.0,drive=f9",
                "-object", "throttle-group,id=tg,x-iops-total=10000",
                "-blockdev", $"driver=file,node-name=f1,filename={File("slow.raw", 256)}", "-blockdev", "driver=raw,node-name=slow,file=f1",
                "-blockdev", "driver=throttle,node-name=thr,throttle-group=tg,file=slow", "-device", "scsi-hd,id=hd0,bus=scsi.0,drive=thr",
                "-drive", $"if=pflash,unit=1,format=raw,file={File("vars.fd", 64)}", "-drive", $"if=pflash,unit=0,format=raw,readonly=on,file={Firmware(installation)}",
            ],
        };
        if (machine == "pc")
        {
            specification = specification with { Extra = [.. specification.Extra, "-fda", File("floppy.img", 1440)] };
        }

        LabGuest guest = await LabGuest.StartAsync(workspace, installation, specification);
        await guest.UntilTickAsync(3);
        string fresh = File("new.iso", 128);
        await guest.Monitor.ExecuteAsync("blockdev-change-medium", new JsonObject { ["device"] = machine == "pc" ? "ide1-cd0" : "ide2-cd0", ["filename"] = fresh, ["format"] = "raw" });
        await guest.Monitor.ExecuteAsync("eject", new JsonObject { ["device"] = "cd1", ["force"] = true });
        await guest.Monitor.ExecuteAsync("eject", new JsonObject { ["id"] = "cd2", ["force"] = true });
        await guest.Monitor.ExecuteAsync("blockdev-add", new JsonObject
        {
            ["driver"] = "raw",
            ["node-name"] = "hot",
            ["file"] = new JsonObject { ["driver"] = "file", ["filename"] = File("hot.raw", 512) },
        });
        await guest.Monitor.ExecuteAsync("device_add", new JsonObject { ["driver"] = "scsi-hd", ["id"] = "hd9", ["bus"] = "scsi.0", ["drive"] = "hot" });
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop");
        await guest.MoreTicksAsync(2);
        IReadOnlyDictionary<string, string> source = await DisksAsync(guest);

        foreach (string mode in new[] { "full", "clone" })
        {
            ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", mode, "--disks", "temporary");
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            back.Log.AssertSound();
            Assert.Equal(source, await DisksAsync(back));
            back.Kill();
            await back.GoneAsync();
        }
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("background")]
    public async Task ALayerOverAllDisksIsCopiedOut(string capture)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed || capture != "background", "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        string folder = workspace.NewFolder("disks");
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg") with
        {
            Disks = [GuestDisk.Raw(Path.Combine(folder, "a.raw")), await GuestDisk.Qcow2Async(workspace, qemu, Path.Combine(folder, "b.qcow2"))],
            Extra = ["-snapshot"],
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(4);
        // The second capture finds two layers without a name on each disk.
        await SavevmCommand.CaptureAsync(workspace, guest, "one", "--mode", capture);
        await guest.MoreTicksAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "two", "--mode", capture, "--after", "quit");
        (await SavevmCommand.RunAsync(workspace, "rename", "two", "other")).Expect(0);
        (await SavevmCommand.RunAsync(workspace, "check", "other")).Expect(0);
        foreach (string name in new[] { "one", "other" })
        {
            ResumeRun run = ResumeRun.Start(workspace, name, "--mode", "full");
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            back.Log.AssertSound();
            back.Kill();
        }
    }

    [Fact]
    public async Task ADiskOnWhichAJobRunsIsRefusedBeforeAnythingMoves()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        string folder = workspace.NewFolder("disks");
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg") with { Disks = [GuestDisk.Raw(Path.Combine(folder, "a.raw"))] };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        await guest.Monitor.ExecuteAsync("drive-mirror", new JsonObject
        {
            ["device"] = "disk0",
            ["target"] = Path.Combine(folder, "copy.raw"),
            ["format"] = "raw",
            ["sync"] = "full",
            ["speed"] = 1,
        });
        SavevmResult refused = await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", "stop");
        refused.Expect(5);
        Assert.Contains("the disk disk0 is busy", refused.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder, "*.savevm-*"));
        await Guests.AssertRunsOnAsync(guest);
    }

    [Fact]
    public async Task AFolderWhereNothingCanBeMadeIsRefusedAndAnotherCanBeNamed()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        string folder = workspace.NewFolder("disks");
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg") with { Disks = [GuestDisk.Raw(Path.Combine(folder, "a.raw"))] };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        SavevmResult refused = await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", "stop", "--overlays", folder + "/missing");
        refused.Expect(1);
        Assert.Contains("no overlay can be made for the disk disk0", refused.Errors, StringComparison.Ordinal);
        await Guests.AssertRunsOnAsync(guest);
        string other = workspace.NewFolder("overlays");
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--overlays", other);
        Assert.Equal(Path.Combine(other, "a.savevm-web.qcow2"), (string?)report["overlays"]![0]);
        await Guests.AssertRunsOnAsync(guest);
    }

    /// <summary>
    /// What each device has in it: the image at the bottom, so that a source that went on and a guest that came back look alike.
    /// </summary>
    private static async Task<IReadOnlyDictionary<string, string>> DisksAsync(LabGuest guest)
    {
        JsonNode? answer = await guest.Monitor.ExecuteAsync("query-block");
        var disks = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonNode? item in answer!.AsArray())
        {
            string name = (string?)item!["device"] is { Length: > 0 } device ? device : (string?)item["qdev"] ?? "?";
            JsonNode? image = item["inserted"]?["image"];
            while (image?["backing-image"] is { } below)
            {
                image = below;
            }

            disks[name] = (string?)image?["filename"] ?? "empty";
        }

        return disks;
    }

    private static string Firmware(QemuInstallation qemu) =>
        Directory.GetFiles(Path.GetDirectoryName(qemu.Path)!, "bios-256k.bin", SearchOption.AllDirectories).First();
}
