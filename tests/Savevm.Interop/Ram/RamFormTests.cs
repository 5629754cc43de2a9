#pragma warning disable CA1416 // QEMUs are tested on Linux.
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Ram;

/// <summary>Guest memory of every form that QEMU gives it: captured, and brought back in each mode, exact and without a word to the images.</summary>
public sealed class RamFormTests
{
    private const long HighAddress = 4L << 30;
    private const int HighMiB = 8;

    public static TheoryData<string, string> Forms => new(
        from qemu in QemuLab.All
        from form in new[] { "five-backends", "folder-shared", "mem-path-prealloc", "dimms-locked" }
        select (qemu.Name, form));

    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task ComesBackInEveryMode(string name, string form)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = Specification(qemu, form, workspace.NewFolder("m"));
        LabGuest guest = await CapturedAsync(workspace, qemu, specification);
        string images = await RamImages.DigestAsync(workspace, "web");
        foreach (string mode in Modes())
        {
            ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", mode);
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            back.Log.AssertContinues(guest.Log);
            Assert.Equal(mode, (string?)(await run.MessageAsync("running"))["mode"]);
            if (mode == "clone")
            {
                AssertMapped(back, await SavevmCommand.FolderAsync(workspace, "web"), Backends(form));
            }

            back.Kill();
        }

        Assert.Equal(images, await RamImages.DigestAsync(workspace, "web"));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task MemoryAboveFourGibibytesComesBackInEveryMode(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);

        // As a guest of many GiB has it, with less to move.
        GuestSpecification specification = Guests.Usual(qemu) with { RamMiB = 128 + HighMiB, High = HighMiB };
        specification = specification with { Machine = specification.Machine + ",max-ram-below-4g=128M" };
        LabGuest guest = await CapturedAsync(workspace, qemu, specification, end: false);
        string before = await HighDigestAsync(workspace, guest);
        guest.Kill();
        foreach (string mode in Modes())
        {
            ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", mode);
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            (await run.ResultAsync()).Expect(0);
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            back.Log.AssertContinues(guest.Log);
            Assert.Equal(before, await HighDigestAsync(workspace, back));
            back.Kill();
        }
    }

    /// <summary>
    /// What QEMU lets go of, because the guest gave it back or because it was migrated away, old releases punch out of the file that they
    /// have mapped: out of the snapshot, from under all other clones.
    /// </summary>
    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task ACloneThatLetsGoOfItsMemoryLeavesTheImagesAlone(string name)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = Guests.Usual(qemu);
        LabGuest guest = await CapturedAsync(workspace, qemu, specification);
        string images = await RamImages.DigestAsync(workspace, "web");
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "clone");
        LabGuest clone = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        (await run.ResultAsync()).Expect(0);

        LabGuest next = await LabGuest.StartAsync(workspace, qemu, specification, "-incoming", "defer");
        await clone.Monitor.SetCapabilityAsync("postcopy-ram");
        await clone.Monitor.SetCapabilityAsync("release-ram");
        await next.Monitor.SetCapabilityAsync("postcopy-ram");
        string uri = $"unix:{workspace.NewFolder("w")}/stream";
        await next.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = uri });
        // QEMU punches only for empty pages that it sends after the switch, and they cost nine bytes: a page or two a step until then.
        await clone.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 64 << 10 });
        await clone.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = uri });
        await clone.Monitor.MigrationStatusAsync("active");
        await clone.Monitor.ExecuteAsync("migrate-start-postcopy");
        await clone.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 1L << 40 });
        await clone.Monitor.MigrationStatusAsync("completed");
        await next.MoreTicksAsync(specification.TicksPerPass + 3);
        next.Log.AssertSound();

        // It tried, and was not let.
        string log = File.ReadAllText(Path.Combine((string)(await run.MessageAsync("running"))["run_directory"]!, "stderr.log"));
        Assert.Contains("ram_block_discard_range", log, StringComparison.Ordinal);
        Assert.Equal(images, await RamImages.DigestAsync(workspace, "web"));
        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task AnImageThatMayNotBeWrittenIsMappedWhereQemuCanAndRefusedWithTheReasonWhereItCannot()
    {
        Assert.SkipWhen(QemuLab.IsRoot, "root may write every file");
        await using var workspace = new Workspace();
        foreach (QemuInstallation qemu in QemuLab.All)
        {
            LabGuest guest = await CapturedAsync(workspace, qemu, Guests.Usual(qemu), snapshot: qemu.Name);
            foreach (string image in Directory.EnumerateFiles(Path.Combine(await SavevmCommand.FolderAsync(workspace, qemu.Name), "ram"), "*.img"))
            {
                File.SetUnixFileMode(image, UnixFileMode.UserRead);
            }

            ResumeRun run = ResumeRun.Start(workspace, qemu.Name, "--mode", "clone");
            if (qemu.Version.Major >= 9)
            {
                await (await run.GuestAsync(Path.Combine(guest.Folder, "lab"))).MoreTicksAsync(3);
                (await run.ResultAsync()).Expect(0);
            }
            else
            {
                SavevmResult result = (await run.ResultAsync()).Expect(5);
                Assert.Contains("is not writable here", result.Errors, StringComparison.Ordinal);
                Assert.Contains("--mode lazy or full", result.Errors, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task MemoryThatAnotherProcessMustSeeIsNotCloned()
    {
        await using var workspace = new Workspace { GuestsMayLeaveFiles = true };
        await Guests.CapturedAsync(workspace);
        string[] own =
        [
            "--", "-machine", QemuLab.Newest.Machine("pc"), "-accel", "tcg", "-m", "64", "-nodefaults",
            "-chardev", "socket,id=vu,path=/nobody", "-netdev", "vhost-user,id=n0,chardev=vu",
        ];
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, ["resume", "web", "--mode", "clone", .. own])).Expect(5);
        Assert.Contains("vhost-user,id=n0,chardev=vu shares the guest's memory with another process", result.Errors, StringComparison.Ordinal);

        // Auto takes another mode, says why, and fails only for want of that process.
        result = (await SavevmCommand.RunAsync(workspace, ["resume", "web", "--clones", "2", .. own])).Expect(20);
        Assert.Matches("note: taking --mode (lazy|full): .*vhost-user,id=n0", result.Errors);
    }

    private static string[] Modes() => QemuLab.UserfaultfdAllowed ? ["lazy", "clone", "full"] : ["clone", "full"];

    private static string[] Backends(string form) => form switch
    {
        "five-backends" => ["b0", "b1", "b2", "b3", "b4"],
        "dimms-locked" => ["pc.ram", "d0", "nv"],
        "folder-shared" => ["r0"],
        _ => ["pc.ram"],
    };

    private static GuestSpecification Specification(QemuInstallation qemu, string form, string folder)
    {
        GuestSpecification plain = Guests.Usual(qemu);
        return form switch
        {
            // Each NUMA node's memory is of another kind; what the ticker writes lies in all of them.
            "five-backends" => plain with
            {
                RamMiB = 96,
                RegionMiB = 48,
                Extra =
                [
                    "-object", "memory-backend-ram,id=b0,size=16M,share=on", "-object", "memory-backend-memfd,id=b1,size=16M,share=on,prealloc=on",
                    "-object", $"memory-backend-file,id=b2,size=16M,mem-path={folder}/shared,share=on", "-object", "memory-backend-memfd,id=b3,size=16M,share=off",
                    "-object", $"memory-backend-file,id=b4,size=32M,mem-path={folder}/private,share=off",
                    .. Enumerable.Range(0, 5).SelectMany(node => new[] { "-numa", $"node,nodeid={node},memdev=b{node}" }),
                ],
            },
            "folder-shared" => plain with
            {
                Machine = plain.Machine + ",memory-backend=r0",
                Extra = ["-object", $"memory-backend-file,id=r0,size=64M,mem-path={folder},share=on"],
            },
            "mem-path-prealloc" => plain with { Extra = ["-mem-path", folder, "-mem-prealloc"] },
            "dimms-locked" => plain with
            {
                Machine = plain.Machine + ",nvdimm=on",
                Extra =
                [
                    "-m", "64,slots=2,maxmem=1G", "-object", "memory-backend-ram,id=d0,size=128M", "-device", "pc-dimm,id=dimm0,memdev=d0",
                    "-object", $"memory-backend-file,id=nv,size=32M,mem-path={folder}/nv,share=on", "-device", "nvdimm,id=nv0,memdev=nv",
                    "-overcommit", "mem-lock=on",
                ],
            },
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, null),
        };
    }

    private static async Task<LabGuest> CapturedAsync(
        Workspace workspace, QemuInstallation qemu, GuestSpecification specification, bool end = true, string snapshot = "web")
    {
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        await SavevmCommand.CaptureAsync(workspace, guest, snapshot, "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        if (end)
        {
            guest.Kill();
        }

        return guest;
    }

    /// <summary>Each of the large blocks is a private mapping of its image; none was sent.</summary>
    private static void AssertMapped(LabGuest clone, string snapshot, string[] backends)
    {
        string[] mapped =
        [
            .. File.ReadLines($"/proc/{clone.ProcessId}/maps")
                .Where(line => line.Contains(Path.Combine(snapshot, "ram"), StringComparison.Ordinal))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(parts => parts[1].StartsWith("rw-p", StringComparison.Ordinal))
                .Select(parts => parts[^1])
                .Distinct(),
        ];
        Assert.Equal(backends.Length, mapped.Length);
    }

    private static async Task<string> HighDigestAsync(Workspace workspace, LabGuest guest)
    {
        string file = Path.Combine(workspace.NewFolder("h"), "high");
        await guest.Monitor.ExecuteAsync(
            "pmemsave", new JsonObject { ["val"] = HighAddress, ["size"] = (long)HighMiB << 20, ["filename"] = file });
        Assert.Contains(File.ReadAllBytes(file), value => value != 0);
        string digest = LabGuest.Digest(file);
        File.Delete(file);
        return digest;
    }
}
