using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// A guest that is not x86: its RAM is not <c>pc.ram</c>, it has two flash chips of the size of a small RAM, other devices, and its stream says
/// how large its pages are.
/// </summary>
public sealed class Aarch64Tests
{
    /// <summary>
    /// QEMU, capture mode, what becomes of the source, resume mode, MiB of RAM. None goes from one release to another: QEMU 10.0 does not take the
    /// processor of 7.2 (a register of it is missing), nor 7.2 that of 10.0.
    /// </summary>
    public static TheoryData<string, string, string, string, int> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string, string, int>();
            foreach (QemuInstallation qemu in QemuLab.Aarch64)
            {
                cells.Add(qemu.Name, qemu.LosesWritesUnderTcg ? "background" : "live", "run", "lazy", 128);
                cells.Add(qemu.Name, "stop", "stop", "lazy", 128);
                cells.Add(qemu.Name, "stop", "run", "full", 128);

                // Less RAM than one of the flash chips has.
                cells.Add(qemu.Name, qemu.LosesWritesUnderTcg ? "stop" : "live", "stop", "clone", 48);
            }

            return cells;
        }
    }

    public static TheoryData<string> All => [.. QemuLab.Aarch64.Select(qemu => qemu.Name)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public async Task TheNextTickFollowsTheLast(string qemu, string capture, string after, string resume, int ramMiB)
    {
        Assert.SkipUnless(
            QemuLab.UserfaultfdAllowed || (capture != "background" && resume != "lazy"),
            "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        GuestSpecification specification = GuestSpecification.Aarch64(Named(qemu).Machine("virt")) with { Rate = 40, RamMiB = ramMiB };
        LabGuest guest = await LabGuest.StartAsync(workspace, Named(qemu), specification);
        int before = await guest.UntilTickAsync(4);
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", capture, "--after", after);
        Assert.Equal(capture, (string?)report["mode"]);
        int last = (await guest.ReadAsync()).LastTick;
        if (after == "run")
        {
            Assert.Equal("running", await guest.Monitor.StatusAsync());
            await guest.MoreTicksAsync(specification.TicksPerPass + 3);
            guest.Log.AssertSound();
        }

        guest.Kill();
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", resume);
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        Assert.Equal(resume, (string?)(await run.MessageAsync("running"))["mode"]);
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        if (after == "run")
        {
            back.Log.AssertSound();
            Assert.InRange(back.Log.FirstTick, before, last + 1);
        }
        else
        {
            back.Log.AssertContinues(guest.Log);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public async Task ShowKnowsItsRamAndDevicesAndTheSizeOfItsPagesIsKept(string qemu)
    {
        await using var workspace = new Workspace();
        GuestSpecification specification = GuestSpecification.Aarch64(Named(qemu).Machine("virt"));
        LabGuest guest = await LabGuest.StartAsync(workspace, Named(qemu), specification);
        await guest.UntilTickAsync(2);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop");
        JsonNode shown = (await SavevmCommand.RunAsync(workspace, "show", "web", "--json")).Expect(0).Json;
        Assert.Equal(specification.Machine, (string?)shown["machine"]);
        string[] blocks = [.. shown["ram_blocks"]!.AsArray().Select(block => $"{block!["name"]} {(long)block["bytes"]! >> 20}")];
        Assert.Contains("mach-virt.ram 64", blocks);
        Assert.Contains("virt.flash0 64", blocks);
        Assert.DoesNotContain(blocks, block => block.StartsWith("pc.", StringComparison.Ordinal));
        string[] sections = [.. shown["sections"]!.AsArray().Select(section => (string)section!["name"]!)];
        Assert.Contains("arm_gic", sections);
        Assert.Contains("pl011", sections);

        ReadOnlySpan<byte> devices = File.ReadAllBytes(Path.Combine((string)shown["path"]!, "devices.bin"));
        ReadOnlySpan<byte> name = "configuration/target-page-bits"u8;
        int at = devices.IndexOf(name);
        Assert.True(at > 0, "the subsection is not there");
        Assert.Equal(12, BinaryPrimitives.ReadInt32BigEndian(devices[(at + name.Length + sizeof(int))..]));
        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public async Task AnEmulatorOfAnotherArchitectureIsRefused(string qemu)
    {
        await using var workspace = new Workspace();
        GuestSpecification specification = GuestSpecification.Aarch64(Named(qemu).Machine("virt"));
        LabGuest guest = await LabGuest.StartAsync(workspace, Named(qemu), specification);
        await guest.UntilTickAsync(1);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        SavevmResult result = await SavevmCommand.RunAsync(
            workspace, ["resume", "web", "--", QemuLab.Newest.Path, .. specification.Arguments(workspace.NewFolder("x"))]);
        result.Expect(5);
        Assert.Contains($"has no machine {specification.Machine}", result.Errors, StringComparison.Ordinal);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public async Task AMachineWithPagesOfOneKibibyteIsRefused(string qemu)
    {
        await using var workspace = new Workspace();
        string folder = workspace.NewFolder("m");
        LabProcess process = workspace.Owns(LabProcess.Start(
            Named(qemu).Path,
            [
                "-machine", "microbit", "-nodefaults", "-display", "none", "-S",
                "-qmp", $"unix:{folder}/qmp,server=on,wait=off", "-qmp", $"unix:{folder}/lab,server=on,wait=off",
            ]));
        await using QmpClient monitor = await QmpClient.ConnectAsync(Path.Combine(folder, "lab"), () => !process.HasExited);
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", Path.Combine(folder, "qmp"), "--mode", "stop");
        result.Expect(5);
        Assert.Contains("pages are smaller than 4096 bytes", result.Errors, StringComparison.Ordinal);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
        Assert.NotEqual("running", await monitor.StatusAsync());
    }

    private static QemuInstallation Named(string name) => QemuLab.Aarch64.First(qemu => qemu.Name == name);
}
