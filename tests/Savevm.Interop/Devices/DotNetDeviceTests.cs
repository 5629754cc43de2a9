using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Savevm.Interop.Lab;
using Savevm.VMState.Saving;
using Savevm.VMState.Tests.Devices;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Tests.Descriptions;
using Savevm.Wire.Tests.Vectors;

namespace Savevm.Interop.Devices;

/// <summary>
/// Devices of a running QEMU are loaded into .NET classes, changed, saved again, and taken by a QEMU: as a file of device state alone and within a
/// stream with RAM and a description.
/// </summary>
public sealed partial class DotNetDeviceTests
{
    private static readonly string[] Disk =
        ["-blockdev", "driver=null-co,node-name=d0,size=16777216,read-zeroes=on", "-device", "virtio-blk-pci,drive=d0"];

    private static readonly string[] WithoutRom = ["-global", "apic-common.vapic=off"];

    private const byte Scratch = 0x5a;
    private const ulong Changed = 0x0123_4567_89ab_cdef;

    /// <summary>QEMU, machine type, number of its devices that there is a class for.</summary>
    public static TheoryData<string, string, int> Machines => new(
        from qemu in QemuLab.All
        from machine in new[] { ("pc-i440fx-7.2", 31), ("pc-q35-7.2", 31) }
        select (qemu.Name, machine.Item1, machine.Item2));

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task QemuTakesADeviceStateFileThatWasChangedInDotNet(string name, string machine, int classes)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);

        // The queues of a disk that the firmware has used and the ROM for the APIC would be looked for in RAM, which is not in such a file.
        LabGuest guest = await StartAsync(workspace, qemu, machine, WithoutRom);
        await guest.UntilTickAsync(3);
        await guest.StopAsync();
        string file = Path.Combine(workspace.NewFolder("f"), "devices");
        await guest.Monitor.ExecuteAsync("xen-save-devices-state", new JsonObject { ["filename"] = file, ["live"] = false });
        DotNetMachine dotnet = DotNetMachine.Read(await SaveAsync(workspace, guest));
        Assert.Equal(classes - 2, dotnet.Classes.Count);

        // What QEMU put into the file is what we put into it.
        byte[] saved = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        Assert.Empty(dotnet.Registry.LoadDeviceState(saved).Missing);
        Assert.Equal(
            Convert.ToHexString(dotnet.WithoutNumbers(saved.AsSpan(8))),
            Convert.ToHexString(dotnet.WithoutNumbers(DeviceState(dotnet).AsSpan(8))));

        // And what we change is what another QEMU has then.
        string registers = await guest.HumanAsync("info registers");
        Change(dotnet);
        await File.WriteAllBytesAsync(file, DeviceState(dotnet), TestContext.Current.CancellationToken);

        // A file of device state alone names no machine, and a QEMU that expects the name refuses it. Xen gives the file to QEMU like this
        // too: xen-load-devices-state ends with an abort in both releases.
        LabGuest other = await StartAsync(
            workspace, qemu, machine, [.. WithoutRom, "-S", "-global", "migration.send-configuration=off", "-incoming", $"exec:cat {file}"]);
        await UntilLoadedAsync(other);
        await AssertChangedAsync(other, registers);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task AGuestGoesOnFromAStreamWhoseDevicesDotNetWrote(string name, string machine, int classes)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest guest = await StartAsync(workspace, qemu, machine, Disk);
        await guest.UntilTickAsync(3);
        await guest.StopAsync();
        DotNetMachine dotnet = DotNetMachine.Read(await SaveAsync(workspace, guest));
        Assert.Equal(classes, dotnet.Classes.Count);
        dotnet.Device<SerialDevice>().State.Scr = Scratch;
        byte[] stream = dotnet.Write(qemu.Version.Major < 8 ? DescriptionDialect.Qemu72 : DescriptionDialect.Qemu100);

        // A reader that was written from the specification alone finds sections and description that agree.
        List<string> lines = SlowStreamReader.Read(stream, 0, hasPageSizes: false);
        Assert.Equal(dotnet.Registry.Devices.Count, lines.Count(line => line.Contains(" FULL ", StringComparison.Ordinal)));
        int json = int.Parse(lines[^1].Split(' ')[^2], CultureInfo.InvariantCulture);
        Assert.Equal(SlowDescription.Lines(stream[^json..]), DescribedLines.Of(VMDescription.Parse(stream.AsSpan()[^json..], 0)));

        string file = Path.Combine(workspace.NewFolder("f"), "stream");
        await File.WriteAllBytesAsync(file, stream, TestContext.Current.CancellationToken);
        await guest.ReadAsync();
        LabGuest other = await StartAsync(workspace, qemu, machine, [.. Disk, "-incoming", $"exec:cat {file}"]);
        await UntilLoadedAsync(other);
        Assert.Equal(Scratch, await PortAsync(other, 0x3ff));
        await other.ContinueAsync();
        await other.MoreTicksAsync(3);
        other.Log.AssertContinues(guest.Log);
    }

    private static async Task<LabGuest> StartAsync(Workspace workspace, QemuInstallation qemu, string machine, params string[] more)
    {
        GuestSpecification specification = GuestSpecification.For(machine, "tcg") with
        {
            RegionMiB = 4,
            Rate = 64,
            Verify = 64,
            Extra =
            [
                "-vga", "std",
                "-netdev", "hubport,id=n0,hubid=0", "-device", "virtio-net-pci,netdev=n0,romfile=",
                "-netdev", "hubport,id=n1,hubid=1", "-device", "e1000,netdev=n1,romfile=",
                .. machine.Contains("q35", StringComparison.Ordinal) ? new[] { "-device", "qemu-xhci", "-device", "usb-tablet" } : [],
            ],
        };
        return await LabGuest.StartAsync(workspace, qemu, specification, more);
    }

    private static async Task<byte[]> SaveAsync(Workspace workspace, LabGuest guest)
    {
        string path = Path.Combine(workspace.NewFolder("f"), "state");
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"exec:cat > {path}" });
        await guest.Monitor.MigrationStatusAsync("completed");
        return await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
    }

    private static byte[] DeviceState(DotNetMachine dotnet)
    {
        var output = new WireWriter();
        dotnet.Registry.SaveDeviceState(output);
        return output.WrittenSpan.ToArray();
    }

    private static void Change(DotNetMachine dotnet)
    {
        dotnet.Device<SerialDevice>().State.Scr = Scratch;
        dotnet.Device<CpuDevice>().EnvRegs[3] = Changed;
    }

    private static async Task AssertChangedAsync(LabGuest guest, string before)
    {
        Assert.Equal(Scratch, await PortAsync(guest, 0x3ff));
        string after = await guest.HumanAsync("info registers");
        Match register = Bx().Match(after);
        Assert.EndsWith(register.Groups[1].Value, Changed.ToString("x16", CultureInfo.InvariantCulture), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Bx().Replace(before, ""), Bx().Replace(after, ""));
    }

    private static async Task<int> PortAsync(LabGuest guest, int port)
    {
        string printed = await guest.HumanAsync(string.Create(CultureInfo.InvariantCulture, $"i/xb 0x{port:x}"));
        return int.Parse(printed[(printed.IndexOf("= 0x", StringComparison.Ordinal) + 4)..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    // A QEMU that does not take the state ends.
    private static async Task UntilLoadedAsync(LabGuest guest)
    {
        try
        {
            for (int i = 0; await guest.Monitor.StatusAsync() == "inmigrate"; i++)
            {
                Assert.InRange(i, 0, 600);
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await Task.Delay(500, TestContext.Current.CancellationToken);
            Assert.Fail(guest.Process.Errors);
        }
    }

    [GeneratedRegex(@"[RE]BX=([0-9a-fA-F]+)")]
    private static partial Regex Bx();
}
