using System.Diagnostics;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>What is refused, with which exit code, and that nothing was started or left.</summary>
public sealed class RefusalTests
{
    public static TheoryData<int, string[]> WrongCommands => new()
    {
        { 2, ["no-such-command"] },
        { 2, ["capture"] },
        { 2, ["capture", "web"] },
        { 2, ["capture", "web", "--qmp", "a", "--listen", "unix:b"] },
        { 2, ["capture", "web", "--qmp", "a", "--mode", "sideways"] },
        { 2, ["capture", "web", "--qmp", "a", "--bandwidth", "fast"] },
        { 2, ["capture", "web", "--qmp", "a", "--timeout", "-3s"] },
        { 2, ["resume", "web", "--clones", "0"] },
        { 2, ["resume", "web", "--clones", "3", "--qmp", "a"] },
        { 2, ["resume", "web", "--"] },
        { 2, ["list", "--no-such-option"] },
        { 3, ["resume", "nobody"] },
        { 3, ["show", "nobody"] },
        { 3, ["rm", "nobody"] },
        { 3, ["check", "nobody"] },
        { 3, ["rename", "nobody", "somebody"] },
        { 3, ["tag", "nobody", "a=b"] },
    };

    public static TheoryData<string> WrongNames => new("../web", "a/b", "..", ".hidden", "", "with space", new string('x', 200), "a\nb");

    /// <summary>What the other machine has that the snapshot's has not.</summary>
    public static TheoryData<string> OtherMachines => new("family", "version", "memory");

    [Theory]
    [MemberData(nameof(WrongCommands))]
    public async Task WrongUsageAndWhatIsNotThere(int exitCode, string[] arguments)
    {
        await using var workspace = new Workspace();
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, arguments)).Expect(exitCode);
        Assert.StartsWith("savevm: ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [MemberData(nameof(WrongNames))]
    public async Task NamesCannotLeaveTheRepository(string name)
    {
        await using var workspace = new Workspace();
        string outside = workspace.NewFolder("outside");
        foreach (string[] arguments in new[]
        {
            new[] { "capture", name, "--qmp", Path.Combine(outside, "qmp") }, ["show", name], ["rm", name], ["resume", name],
        })
        {
            SavevmResult result = await SavevmCommand.RunAsync(workspace, arguments);
            Assert.Contains(result.ExitCode, new[] { 2, 3 });
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public async Task AMonitorThatNobodyServesIsAPeerThatVanished()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        guest.Kill();
        await guest.Process.ExitAsync();
        (await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath)).Expect(20);
        (await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", guest.QmpPath + "-not")).Expect(3, 20);
        Assert.Empty(workspace.Leftovers());
    }

    [Theory]
    [InlineData("tcg", "kvm")]
    [InlineData("kvm", "tcg")]
    public async Task StateOfOneAcceleratorIsRefusedUnderTheOther(string saved, string other)
    {
        QemuLab.Require("kvm");
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest, saved);
        await Guests.CapturedAsync(workspace, specification);
        await AssertRefusedAsync(workspace, QemuLab.Newest, specification with { Accelerator = other }, other);
    }

    [Theory]
    [MemberData(nameof(OtherMachines))]
    public async Task AnotherMachineIsRefusedBeforeItIsStarted(string difference)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = Guests.Usual(qemu);
        await Guests.CapturedAsync(workspace, specification);
        GuestSpecification other = difference switch
        {
            "family" => specification with { Machine = qemu.Machine("q35") },
            "version" => specification with { Machine = qemu.Machines.First(name => name.StartsWith("pc-i440fx-", StringComparison.Ordinal) && name != specification.Machine) },
            _ => specification with { RamMiB = 96 },
        };
        await AssertRefusedAsync(workspace, qemu, other, difference == "memory" ? "RAM" : other.Machine);
    }

    [Fact]
    public async Task AnEmulatorThatDoesNotHaveTheMachineIsRefused()
    {
        GuestSpecification specification = Guests.Usual(QemuLab.Newest);
        Assert.SkipWhen(QemuLab.Oldest.Machines.Contains(specification.Machine), "every QEMU here has the newest machine");
        await using var workspace = new Workspace();
        await Guests.CapturedAsync(workspace, specification);
        await AssertRefusedAsync(workspace, QemuLab.Oldest, specification, specification.Machine);
    }

    [Fact]
    public async Task ARepositoryThatIsNotThereIsSaidSoAndMadeByTheFirstCapture()
    {
        await using var workspace = new Workspace();
        Directory.Delete(workspace.Repository);
        (await SavevmCommand.RunAsync(workspace, "list")).Expect(10);
        Assert.False(Directory.Exists(workspace.Repository));
        LabGuest guest = await Guests.TickingAsync(workspace);
        await SavevmCommand.CaptureAsync(workspace, guest, "first");
        Assert.Equal(["first"], await SavevmCommand.NamesAsync(workspace));
    }

    [Fact]
    public async Task ErrorsInJsonAreDocumentsToo()
    {
        await using var workspace = new Workspace();
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, "show", "nobody", "--json")).Expect(3);
        Assert.Equal("error", (string?)result.JsonLines.Single()["message_type"]);
        Assert.Equal(3, (int?)result.JsonLines.Single()["exit_code"]);
        Assert.StartsWith("savevm: ", result.Errors, StringComparison.Ordinal);
    }

    private static async Task AssertRefusedAsync(Workspace workspace, QemuInstallation qemu, GuestSpecification specification, string names)
    {
        foreach (string mode in new[] { "auto", "full", "clone" })
        {
            string folder = workspace.NewFolder("u");
            var clock = Stopwatch.StartNew();
            SavevmResult result = await SavevmCommand.RunAsync(
                workspace, ["resume", "web", "--mode", mode, "--json", "--", qemu.Path, .. specification.Arguments(folder)]);
            result.Expect(5);
            Assert.Contains(names, result.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("\"running\"", result.Output, StringComparison.Ordinal);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), "it took too long for something that was not started");

            // QEMU would have made its sockets.
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
            Assert.Empty(workspace.Leftovers());
        }
    }
}
