using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// RAM and disks of one instant, on every QEMU: a guest that checks both against each other is captured while it goes on writing, and comes back
/// on the disks of that instant, whatever it and its source wrote since.
/// </summary>
public sealed class DiskTests
{
    /// <summary>QEMU, machine, capture mode, what becomes of the source, resume mode.</summary>
    public static TheoryData<string, string, string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string, string, string>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                cells.Add(qemu.Name, "pc", "stop", "run", "lazy");
                cells.Add(qemu.Name, "q35", "stop", "stop", "clone");
                cells.Add(qemu.Name, "pc", "stop", "quit", "full");
                cells.Add(qemu.Name, "q35", "background", "run", "clone");
                cells.Add(qemu.Name, "pc", "background", "quit", "lazy");
                if (!qemu.LosesWritesUnderTcg)
                {
                    cells.Add(qemu.Name, "q35", "live", "run", "lazy");
                    cells.Add(qemu.Name, "pc", "live", "quit", "clone");
                }
            }

            return cells;
        }
    }

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task ComeBackAsTheyWereWhenTheRamWasCaptured(string qemu, string machine, string capture, string after, string resume)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed || (capture != "background" && resume != "lazy"), "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        GuestSpecification specification = await WithDisksAsync(workspace, installation, machine);
        LabGuest guest = await LabGuest.StartAsync(workspace, installation, specification);
        int before = await guest.UntilTickAsync(4);
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", capture, "--after", after);
        // snapshot=on leaves nothing behind: the overlay over it has no name either.
        bool switched = after == "run" || capture == "background";
        string[] overlays = [.. report["overlays"]!.AsArray().Select(path => (string)path!)];
        Assert.Equal(switched ? 3 : 0, overlays.Length);
        Assert.Equal(switched ? 2 : 0, overlays.Count(File.Exists));
        string frozen = Digest(specification);
        if (after == "run")
        {
            await guest.MoreTicksAsync(specification.TicksPerPass + 2);
            guest.Log.AssertSound();
        }

        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", resume);
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertSound();
        Assert.True(back.Log.FirstTick > before, $"the first tick is {back.Log.FirstTick}");
        Assert.Equal(frozen, Digest(specification));
        if (after == "run")
        {
            await guest.MoreTicksAsync(2);
            guest.Log.AssertSound();
        }
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task TwoCapturesInARowComeBackBoth(string qemu)
    {
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        GuestSpecification specification = await WithDisksAsync(workspace, installation, "pc");
        LabGuest guest = await LabGuest.StartAsync(workspace, installation, specification);
        var ends = new List<int>();
        foreach (string name in new[] { "one", "two" })
        {
            await guest.MoreTicksAsync(4);
            await SavevmCommand.CaptureAsync(workspace, guest, name, "--mode", "stop");
            ends.Add((await guest.ReadAsync()).LastTick);
        }

        await guest.MoreTicksAsync(specification.TicksPerPass);
        guest.Log.AssertSound();
        guest.Kill();
        foreach ((string name, int index) in new[] { ("two", 1), ("one", 0), ("two", 1) })
        {
            ResumeRun run = ResumeRun.Start(workspace, name, "--mode", "full");
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            back.Log.AssertSound();
            Assert.InRange(back.Log.FirstTick, 1, ends[index] + 1);
            back.Kill();
        }
    }

    /// <summary>Capture mode, milliseconds after which the command is killed.</summary>
    public static TheoryData<string, int> Kills => new(
        from mode in new[] { "stop", "background", "live" }
        from moment in new[] { 90, 220 }
        select (mode, moment));

    // Header, tables and nothing else; the first write of a guest adds a cluster for it and one for its table.
    private const int EmptyOverlayBytes = 4 << 16;

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task AKilledCaptureLeavesDisksThatWork(string capture, int moment)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed || capture != "background", "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = (await WithDisksAsync(workspace, qemu, "pc")) with { SectorWrites = 16 };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        LabProcess killed = SavevmCommand.Start(workspace, "capture", "web", "--qmp", guest.QmpPath, "--mode", capture, "--bandwidth", "100MiB/s");
        await Task.Delay(moment, TestContext.Current.CancellationToken);
        killed.Signal(9);
        await killed.ExitAsync();
        await Guests.AssertRunsOnAsync(guest);
        bool whole = (await SavevmCommand.NamesAsync(workspace)).Count == 1;

        // An overlay that is there is one that the guest writes to; or an empty one, whole, of a capture that was killed in the milliseconds in which they are
        // handed to QEMU: what was made before is gone with the capture. Never has one disk got one and the other none.
        string nodes = (await guest.Monitor.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }))!.ToJsonString();
        string[] left = Directory.GetFiles(Path.GetDirectoryName(specification.Disks[0].Path)!, "*.savevm-web*");
        string[] unused = [.. left.Where(path => !nodes.Contains(path, StringComparison.Ordinal))];
        Assert.All(unused, path => Assert.Equal(EmptyOverlayBytes, new FileInfo(path).Length));
        Assert.True(unused.Length is 0 or 2 && (whole || (left.Length - unused.Length) is 0 or 2), string.Join(' ', left));
        await SavevmCommand.CaptureAsync(workspace, guest, "next", "--mode", capture);
        await guest.MoreTicksAsync(specification.TicksPerPass + 2);
        guest.Log.AssertSound();
        ResumeRun run = ResumeRun.Start(workspace, "next", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertSound();
    }

    [Fact]
    public async Task EachCloneWritesToDisksOfItsOwn()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = await WithDisksAsync(workspace, qemu, "pc");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "quit");
        string frozen = Digest(specification);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--clones", "3", "--disks", "temporary");
        var clones = new List<LabGuest>();
        for (int i = 0; i < 3; i++)
        {
            clones.Add(await run.GuestAsync(Path.Combine(guest.Folder, "lab"), i));
        }

        (await run.ResultAsync()).Expect(0);
        foreach (LabGuest clone in clones)
        {
            await clone.MoreTicksAsync(specification.TicksPerPass + 3);
            clone.Log.AssertSound();
        }

        Assert.Equal(3, GuestFolders(workspace).Length);
        Assert.Equal(frozen, Digest(specification));
        foreach (LabGuest clone in clones)
        {
            clone.Kill();
            await clone.GoneAsync();
        }

        await SavevmCommand.NamesAsync(workspace);
        Assert.Empty(GuestFolders(workspace));
    }

    [Fact]
    public async Task WhatAGuestWroteStaysWhenItEnds()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = await WithDisksAsync(workspace, qemu, "pc");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "quit");
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(3);
        // The resumed guest is captured in its turn, and that snapshot comes back.
        JsonNode sockets = (await run.MessageAsync("running"))["sockets"]!;
        SavevmResult capture = await SavevmCommand.RunAsync(
            workspace, "capture", "later", "--json", "--mode", "stop", "--after", "stop", "--qmp", (string)sockets[guest.QmpPath]!);
        capture.Expect(0);
        int last = (await back.ReadAsync()).LastTick;
        back.Kill();
        await back.GoneAsync();
        await SavevmCommand.NamesAsync(workspace);
        Assert.Single(GuestFolders(workspace));
        ResumeRun second = ResumeRun.Start(workspace, "later", "--mode", "full");
        LabGuest again = await second.GuestAsync((string)sockets[Path.Combine(guest.Folder, "lab")]!);
        await again.MoreTicksAsync(specification.TicksPerPass + 3);
        (await second.ResultAsync()).Expect(0);
        again.Log.AssertSound();
        Assert.InRange(again.Log.FirstTick, last, last + 1);
    }

    [Fact]
    public async Task AUsersOwnCommandLineGetsOverlaysOverTheDisksThatItNames()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = await WithDisksAsync(workspace, qemu, "pc");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "one", "--mode", "stop");
        await guest.MoreTicksAsync(2);
        // Of the second, the command line names images below the ones that were captured.
        await SavevmCommand.CaptureAsync(workspace, guest, "two", "--mode", "stop");
        await guest.MoreTicksAsync(2);
        foreach (string name in new[] { "one", "two" })
        {
            string folder = workspace.NewFolder("u");
            ResumeRun run = ResumeRun.Start(workspace, name, ["--mode", "clone", "--", qemu.Path, .. specification.Arguments(folder)]);
            LabGuest back = await run.GuestAsync(Path.Combine(folder, "lab"));
            await back.MoreTicksAsync(specification.TicksPerPass + 3);
            (await run.ResultAsync()).Expect(0);
            back.Log.AssertSound();
        }

        await guest.MoreTicksAsync(2);
        guest.Log.AssertSound();
    }

    [Theory]
    [InlineData("changed", "was written to at")]
    [InlineData("replaced", "has other contents")]
    [InlineData("grown", "bytes instead of")]
    [InlineData("gone", "is not there any more")]
    public async Task ADiskThatIsNotWhatItWasIsRefused(string how, string message)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = await WithDisksAsync(workspace, qemu, "pc");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "quit");
        string path = specification.Disks[0].Path;
        string model = Path.Combine(workspace.NewFolder("m"), "model");
        await ShellAsync(workspace, $"cp -p {path} {model}");
        switch (how)
        {
            case "gone":
                File.Delete(path);
                break;
            case "grown":
                File.AppendAllText(path, "more");
                break;
            default:
                using (FileStream file = File.OpenWrite(path))
                {
                    file.Write(new byte[512]);
                }

                if (how == "replaced")
                {
                    await ShellAsync(workspace, $"touch -r {model} {path}");
                }

                break;
        }

        SavevmResult refused = await SavevmCommand.RunAsync(workspace, "resume", "web");
        refused.Expect(5);
        Assert.Contains("the disk disk0 is not what it was at the capture", refused.Errors, StringComparison.Ordinal);
        Assert.Contains(message, refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--disks ignore", refused.Errors, StringComparison.Ordinal);
        Assert.Contains(message, (await SavevmCommand.RunAsync(workspace, "show", "web")).Output, StringComparison.Ordinal);
        Assert.Empty(GuestFolders(workspace));

        // Told to go on, the guest runs and finds that its disk does not fit its memory.
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full", "--disks", "ignore");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        Assert.Equal(how != "grown", back.Log.Text.Contains("DISK disk=0", StringComparison.Ordinal));
        Assert.DoesNotContain("DISK disk=1", back.Log.Text, StringComparison.Ordinal);
    }

    /// <summary>Every way to have a disk: a raw drive, a qcow2 node over another image, one with <c>snapshot=on</c>, one that is only read.</summary>
    internal static async Task<GuestSpecification> WithDisksAsync(Workspace workspace, QemuInstallation qemu, string machine)
    {
        string folder = workspace.NewFolder("disks");
        GuestDisk below = GuestDisk.Raw(Path.Combine(folder, "template.raw"));
        return GuestSpecification.For(qemu.Machine(machine), "tcg") with
        {
            Disks =
            [
                GuestDisk.Raw(Path.Combine(folder, "a.raw")),
                (await GuestDisk.Qcow2Async(workspace, qemu, Path.Combine(folder, "b.qcow2"), backing: below)) with { Blockdev = true, Options = ",discard=unmap" },
                GuestDisk.Raw(Path.Combine(folder, "c.raw")) with { Options = ",snapshot=on" },
                GuestDisk.Raw(Path.Combine(folder, "d.raw")) with { ReadOnly = true },
            ],
        };
    }

    private static async Task ShellAsync(Workspace workspace, string command) =>
        Assert.Equal(0, await workspace.Owns(LabProcess.Start("/bin/sh", ["-c", command])).ExitAsync());

    private static string[] GuestFolders(Workspace workspace)
    {
        string root = Path.Combine(workspace.Repository, ".guests");
        return Directory.Exists(root) ? Directory.GetDirectories(root) : [];
    }

    private static string Digest(GuestSpecification specification) =>
        string.Join(' ', specification.Disks.Select(disk => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(disk.Path)))));
}
