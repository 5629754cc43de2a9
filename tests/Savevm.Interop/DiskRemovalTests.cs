using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// What a capture laid over the disks of its source goes with its snapshot, where nobody else stands on it: while the source runs, and when it does not.
/// </summary>
public sealed class DiskRemovalTests
{
    [Theory]
    [MemberData(nameof(DiskTests.Qemus), MemberType = typeof(DiskTests))]
    public async Task ARemovedSnapshotGivesItsBorderBackWhileTheSourceRuns(string qemu)
    {
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        GuestSpecification specification = await DiskTests.WithDisksAsync(workspace, installation, "pc");
        specification = specification with { Disks = [.. specification.Disks.Where(disk => !disk.Options.Contains("snapshot", StringComparison.Ordinal))] };
        LabGuest guest = await LabGuest.StartAsync(workspace, installation, specification);
        foreach (string name in new[] { "one", "two", "three" })
        {
            await guest.MoreTicksAsync(3);
            await SavevmCommand.CaptureAsync(workspace, guest, name, "--mode", "stop");
        }

        await guest.MoreTicksAsync(3);
        string[] Overlays() => Directory.GetFiles(Path.GetDirectoryName(specification.Disks[0].Path)!, "*.savevm-*");
        Assert.Equal(6, Overlays().Length);

        // Between two others: the image in the middle goes into the one below. Then the newest, then the oldest: the source is back in its own files.
        foreach ((string gone, string[] left) in new[] { ("two", new[] { "one", "three" }), ("three", ["one"]), ("one", Array.Empty<string>()) })
        {
            JsonNode report = (await SavevmCommand.RunAsync(workspace, "rm", gone, "--json")).Expect(0).Json;
            Assert.True(report["merged"]!.AsArray().Count == 2, report.ToJsonString());
            Assert.Equal(left.Length * 2, Overlays().Length);
            await guest.MoreTicksAsync(specification.TicksPerPass + 2);
            guest.Log.AssertSound();
            foreach (string name in left)
            {
                ResumeRun run = ResumeRun.Start(workspace, name, "--mode", "clone", "--disks", "temporary");
                LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
                await back.MoreTicksAsync(specification.TicksPerPass + 3);
                (await run.ResultAsync()).Expect(0);
                back.Log.AssertSound();
                back.Kill();
                await back.GoneAsync();
            }
        }
    }

    /// <summary>Whether the source runs, and merges itself.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ABorderIsGivenBackWhenAQemuThatIsEndingLetsGoOfTheDisk(bool runs)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Oldest;
        GuestSpecification specification = await DiskTests.WithDisksAsync(workspace, qemu, "pc");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        await SavevmCommand.CaptureAsync(workspace, guest, "one", "--mode", "stop");
        await guest.MoreTicksAsync(3);
        if (!runs)
        {
            guest.Kill();
            await guest.GoneAsync();
        }

        // Another one has the frozen image open, as clones have it, until it is killed: as one that was killed has it until its last thread has ended.
        string over = Path.Combine(workspace.NewFolder("o"), "over.qcow2");
        await GuestDisk.Qcow2Async(workspace, qemu, over, backing: specification.Disks[0]);
        LabProcess other = workspace.Owns(LabProcess.Start(
            qemu.Path,
            [
                "-M", qemu.Machine("pc"), "-S", "-display", "none", "-monitor", "stdio",
                "-blockdev", $"driver=qcow2,node-name=q,file.driver=file,file.filename={over}", "-device", "virtio-blk-pci,drive=q",
            ]));
        await other.UntilOutputAsync(said => said.Contains("(qemu)", StringComparison.Ordinal));
        Task<SavevmResult> removal = SavevmCommand.RunAsync(workspace, "rm", "one", "--json");
        await Task.Delay(700, TestContext.Current.CancellationToken);
        Assert.False(removal.IsCompleted, removal.IsCompleted ? (await removal).Output : null);
        other.Signal(9);
        JsonNode report = (await removal).Expect(0).Json;
        Assert.True(report["merged"]!.AsArray().Count == 2, report.ToJsonString());
    }

    [Fact]
    public async Task ARemovedSnapshotGivesItsBorderBackWhenNobodyRuns()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = await DiskTests.WithDisksAsync(workspace, qemu, "pc");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        foreach (string name in new[] { "one", "two" })
        {
            await guest.MoreTicksAsync(3);
            await SavevmCommand.CaptureAsync(workspace, guest, name, "--mode", "stop");
        }

        int last = (await guest.MoreTicksAsync(3));
        guest.Kill();
        await guest.GoneAsync();
        JsonNode report = (await SavevmCommand.RunAsync(workspace, "rm", "one", "--json")).Expect(0).Json;
        Assert.Equal(2, report["merged"]!.AsArray().Count);
        ResumeRun run = ResumeRun.Start(workspace, "two", "--mode", "full");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        back.Log.AssertSound();
        Assert.InRange(back.Log.FirstTick, 4, last);

        // A guest that stands on the disk keeps the border, and it is said.
        SavevmResult kept = await SavevmCommand.RunAsync(workspace, "rm", "two");
        kept.Expect(0);
        Assert.Contains($"the running guest {back.ProcessId}", kept.Errors, StringComparison.Ordinal);
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        back.Log.AssertSound();
    }
}
