using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>Every way in with every way out, on every QEMU: the next tick follows the last, no page is corrupt.</summary>
public sealed class CaptureResumeTests
{
    private static readonly string[] ResumeModes = ["lazy", "clone", "full"];

    /// <summary>Source, destination, machine, capture mode asked for (none: the default), the mode it must become, resume mode.</summary>
    public static TheoryData<string, string, string, string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string, string, string, string>();
            var pairs = QemuLab.All.Select(qemu => (qemu, qemu)).Append((QemuLab.Oldest, QemuLab.Newest)).Distinct();
            foreach ((QemuInstallation source, QemuInstallation destination) in pairs)
            {
                (string Asked, string Expected)[] captures =
                [
                    ("none", !source.LosesWritesUnderTcg ? "live" : QemuLab.UserfaultfdAllowed ? "background" : "stop"),
                    ("background", "background"),
                    ("stop", "stop"),
                ];
                foreach (string machine in new[] { "pc", "q35" })
                {
                    foreach ((string asked, string expected) in captures)
                    {
                        foreach (string resume in ResumeModes)
                        {
                            cells.Add(source.Name, destination.Name, machine, asked, expected, resume);
                        }
                    }
                }
            }

            return cells;
        }
    }

    /// <summary>QEMU, machine, capture mode, resume mode.</summary>
    public static TheoryData<string, string, string, string> KvmCells
    {
        get
        {
            var cells = new TheoryData<string, string, string, string>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                cells.Add(qemu.Name, "pc", "live", "lazy");
                cells.Add(qemu.Name, "q35", "stop", "clone");
                cells.Add(qemu.Name, "q35", "live", "full");
                cells.Add(qemu.Name, "pc", "background", "clone");
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    [Trait("User", "ordinary")]
    public async Task TheNextTickFollowsTheLast(
        string source, string destination, string machine, string asked, string expected, string resume)
    {
        SkipWithoutUserfaultfd(expected, resume);
        await using var workspace = new Workspace();
        QemuInstallation from = QemuLab.Named(source);
        QemuInstallation to = QemuLab.Named(destination);
        GuestSpecification specification = GuestSpecification.For(from.SharedMachine(machine, to), "tcg") with { Rate = 40 };
        LabGuest guest = await LabGuest.StartAsync(workspace, from, specification);
        int before = await guest.UntilTickAsync(4);

        JsonNode report = await SavevmCommand.CaptureAsync(
            workspace, guest, "web", ["--after", "stop", .. asked == "none" ? Array.Empty<string>() : ["--mode", asked]]);
        Assert.Equal("web", (string?)report["name"]);
        Assert.Equal(expected, (string?)report["mode"]);
        Assert.True((bool?)report["durable"]);
        if (asked == "none" && expected != "live")
        {
            Assert.Contains(report["notes"]!.AsArray(), note => ((string)note!).Contains("live", StringComparison.Ordinal));
        }

        Assert.NotEqual("running", await guest.Monitor.StatusAsync());
        int after = (await guest.ReadAsync()).LastTick;

        // Of one QEMU the recorded command line is used, of two the user's own.
        string folder = from == to ? guest.Folder : workspace.NewFolder("u");
        IReadOnlyList<string> own = from == to ? [] : ["--", to.Path, .. specification.Arguments(folder)];
        ResumeRun run = ResumeRun.Start(workspace, "web", ["--mode", resume, .. own]);
        LabGuest back = await run.GuestAsync(Path.Combine(folder, "lab"));
        JsonNode running = await run.MessageAsync("running");
        Assert.Equal(resume, (string?)running["mode"]);
        Assert.Equal("running", (string?)running["state"]);

        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        Assert.True(run.Has("complete"), run.Process.Output);
        Assert.Equal("running", await back.Monitor.StatusAsync());
        if (expected == "background")
        {
            // The state is that of the first instant; the source went on.
            back.Log.AssertSound();
            Assert.InRange(back.Log.FirstTick, before, after + 1);
        }
        else
        {
            back.Log.AssertContinues(guest.Log);
        }
    }

    [Theory]
    [MemberData(nameof(KvmCells))]
    public async Task UnderKvmTheNextTickFollowsTheLast(string qemu, string machine, string capture, string resume)
    {
        QemuLab.Require("kvm");
        SkipWithoutUserfaultfd(capture, resume);
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        GuestSpecification specification = GuestSpecification.For(installation.Machine(machine), "kvm");
        LabGuest guest = await LabGuest.StartAsync(workspace, installation, specification);
        int before = await guest.UntilTickAsync(3);
        JsonNode report = await SavevmCommand.CaptureAsync(workspace, guest, "kvm", "--after", "stop", "--mode", capture);
        Assert.Equal(capture, (string?)report["mode"]);
        int after = (await guest.ReadAsync()).LastTick;
        guest.Kill();

        ResumeRun run = ResumeRun.Start(workspace, "kvm", "--mode", resume);
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        (await run.ResultAsync()).Expect(0);
        if (capture == "background")
        {
            back.Log.AssertSound();
            Assert.InRange(back.Log.FirstTick, before, after + 1);
        }
        else
        {
            back.Log.AssertContinues(guest.Log);
        }
    }

    private static void SkipWithoutUserfaultfd(string capture, string resume) => Assert.SkipUnless(
        QemuLab.UserfaultfdAllowed || (capture != "background" && resume != "lazy"),
        "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
}
