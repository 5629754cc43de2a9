using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>The oracle for disks: QEMU's own migration passes it; a disk of another time than RAM and a changed sector do not.</summary>
public sealed partial class DiskGuestTests
{
    public static TheoryData<string, string, string> Pairs
    {
        get
        {
            var rows = new TheoryData<string, string, string> { { QemuLab.Oldest.Name, QemuLab.Newest.Name, "q35" } };
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                rows.Add(qemu.Name, qemu.Name, "pc");
            }

            return rows;
        }
    }

    [Theory]
    [InlineData("pc")]
    [InlineData("q35")]
    public async Task VerifiesItsDisksUnderKvm(string family)
    {
        QemuLab.Require("kvm");
        QemuInstallation qemu = family == "pc" ? QemuLab.Oldest : QemuLab.Newest;
        await using var workspace = new Workspace();
        GuestSpecification specification = await WithDisksAsync(
            workspace, qemu, GuestSpecification.For(qemu.Machine(family), "kvm"));
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(specification.TicksPerPass + 2);
        guest.Log.AssertSound();
        Assert.Contains(" disks=2 sectors=128\n", guest.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task KeepsDisksAndRamTogetherThroughAMigrationBetweenQemus(string source, string destination, string family)
    {
        await using var workspace = new Workspace();
        QemuInstallation first = QemuLab.Named(source);
        QemuInstallation second = QemuLab.Named(destination);
        GuestSpecification specification = await WithDisksAsync(
            workspace, first, GuestSpecification.For(first.SharedMachine(family, second), "tcg"));
        LabGuest from = await LabGuest.StartAsync(workspace, first, specification);
        string uri = $"unix:{workspace.NewFolder("w")}/stream";
        LabGuest to = await LabGuest.StartAsync(workspace, second, specification, "-incoming", uri);
        await from.UntilTickAsync(5);
        await from.StopAsync();
        await from.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = uri });
        await from.Monitor.MigrationStatusAsync("completed");
        await to.Monitor.MigrationStatusAsync("completed");
        await to.ContinueAsync();
        await to.UntilTickAsync((await from.ReadAsync()).LastTick + specification.TicksPerPass + 2);
        to.Log.AssertContinues(from.Log);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SeesADiskThatIsOlderOrNewerThanRam(bool older)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = await WithDisksAsync(
            workspace, qemu, GuestSpecification.For(qemu.Machine("pc"), "tcg"));
        GuestDisk disk = specification.Disks[0];
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        await guest.StopAsync();
        string stream = Path.Combine(workspace.NewFolder("s"), "stream");
        string copy = stream + ".disk";
        if (older)
        {
            File.Copy(disk.Path, copy);
            await guest.ContinueAsync();
            await guest.MoreTicksAsync(3);
            await guest.StopAsync();
        }

        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"exec:cat > {stream}" });
        await guest.Monitor.MigrationStatusAsync("completed");
        if (!older)
        {
            await guest.ContinueAsync();
            await guest.MoreTicksAsync(3);
            await guest.StopAsync();
        }

        await guest.Monitor.ExecuteAsync("quit");
        await guest.Process.ExitAsync();
        if (older)
        {
            File.Copy(copy, disk.Path, overwrite: true);
        }

        LabGuest back = await LabGuest.StartAsync(workspace, qemu, specification, "-incoming", $"exec:cat {stream}");
        await back.Monitor.MigrationStatusAsync("completed");
        await back.ContinueAsync();
        await back.MoreTicksAsync(specification.TicksPerPass);
        MatchCollection lines = OtherTimePattern().Matches(back.Log.Text);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal(
            older, int.Parse(line.Groups["is"].ValueSpan) < int.Parse(line.Groups["want"].ValueSpan)));

        // Of two disks one was put back; both went on.
        Assert.Equal(older ? ["0"] : ["0", "1"], lines.Select(line => line.Groups["disk"].Value).Distinct().Order());
        Assert.EndsWith(" bad\n", back.Log.Text, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(back.Log.AssertSound);
    }

    [Fact]
    public async Task SeesASectorThatChangedUnderIt()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        string folder = workspace.NewFolder("disks");
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("q35"), "tcg") with
        {
            SectorWrites = 0,
            Disks = [GuestDisk.Raw(Path.Combine(folder, "a")), GuestDisk.Raw(Path.Combine(folder, "b")) with { ReadOnly = true }],
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(specification.TicksPerPass + 1);
        guest.Log.AssertSound();
        Flip(specification.Disks[0].Path, (7 * 512) + 300);
        Flip(specification.Disks[1].Path, (9 * 512) + 511);
        await guest.MoreTicksAsync(specification.TicksPerPass + 1);
        Assert.Contains("DISK disk=0 sector=7 word=75 is=", guest.Log.Text, StringComparison.Ordinal);
        Assert.Contains("DISK disk=1 sector=9 is=", guest.Log.Text, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(guest.Log.AssertSound);
    }

    private static async Task<GuestSpecification> WithDisksAsync(Workspace workspace, QemuInstallation qemu, GuestSpecification specification)
    {
        string folder = workspace.NewFolder("disks");
        return specification with
        {
            Disks =
            [
                GuestDisk.Raw(Path.Combine(folder, "a.raw")),
                (await GuestDisk.Qcow2Async(workspace, qemu, Path.Combine(folder, "b.qcow2"))) with { Blockdev = true },
            ],
        };
    }

    private static void Flip(string file, long offset)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    [GeneratedRegex(@"^DISK disk=(?<disk>\d) sector=\d+ is=(?<is>\d+) want=(?<want>\d+)\n", RegexOptions.Multiline)]
    private static partial Regex OtherTimePattern();
}
