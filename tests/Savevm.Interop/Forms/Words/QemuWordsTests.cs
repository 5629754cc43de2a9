using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms.Words;

/// <summary>
/// A Linux guest that uses many devices stands still; what its QEMU then says of them is, value by value, what is decoded from the state that
/// QEMU saves. So a field that is read at the wrong place, or under another's name, is found by somebody who did not read it with us.
/// </summary>
public sealed class QemuWordsTests
{
    private const int Processors = 2;

    /// <summary>Of each topic, the least number of pairs, and of those in which QEMU's value is neither zero nor empty.</summary>
    private static readonly Dictionary<string, (int Compared, int Telling)> Always = new()
    {
        ["info pic, i8259"] = (16, 6),
        ["info pic, ioapic"] = (28, 25),
        ["info lapic"] = (36, 20),
        ["info registers"] = (140, 110),
        ["query-pci"] = (110, 50),
        ["x-query-virtio-status"] = (40, 34),
        ["x-query-virtio-queue-status"] = (48, 40),
        ["qom-get"] = (11, 9),
        ["info ramblock"] = (6, 6),
    };

    private static readonly Dictionary<string, (int Compared, int Telling)> Pc = new(Always)
    {
        ["x-query-virtio-queue-status"] = (400, 300),
        ["query-rx-filter"] = (10, 4),
        ["query-balloon"] = (1, 1),
    };

    private static readonly Dictionary<string, (int Compared, int Telling)> Q35 = new(Always)
    {
        ["info usb"] = (4, 4),
    };

    /// <summary>QEMU, family of the machine.</summary>
    public static TheoryData<string, string> Machines => new(
        from qemu in QemuLab.All
        from family in new[] { "pc", "q35" }
        select (qemu.Name, family));

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task WhatIsDecodedIsWhatQemuSays(string name, string family)
    {
        await using var workspace = new Workspace();
        bool isPc = family == "pc";
        LabGuest guest = await StartPatientlyAsync(workspace, QemuLab.Named(name), isPc);
        await guest.StopAsync();
        await SetRegistersAsync(guest);
        string status = await guest.Monitor.StatusAsync();
        string path = Path.Combine(workspace.NewFolder("f"), "state");
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"exec:cat > {path}" });
        await guest.Monitor.MigrationStatusAsync("completed");
        var state = new DecodedState((await SavevmCommand.RunAsync(workspace, "inspect", path, "--json")).Expect(0).Json);

        var comparison = new Comparison();
        await InterruptWords.ComparePicsAsync(guest, state, comparison);
        await InterruptWords.CompareApicsAsync(guest, state, Processors, comparison);
        await ProcessorWords.CompareAsync(guest, state, Processors, comparison);
        await PciWords.CompareAsync(guest, state, comparison);
        await VirtioWords.CompareAsync(guest, state, comparison);
        await PropertyWords.CompareAsync(guest, state, status, comparison);
        if (isPc)
        {
            await VirtioWords.CompareFilterAsync(guest, state, comparison);
            await PropertyWords.CompareBalloonAsync(guest, state, comparison);
        }
        else
        {
            await PropertyWords.CompareUsbAsync(guest, state, comparison);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(comparison.ToString());
        IReadOnlyList<string> findings = comparison.Findings(isPc ? Pc : Q35);
        Assert.True(findings.Count == 0, string.Join('\n', findings.Prepend(comparison.ToString())));
    }

    /// <summary>
    /// The same once more where QEMU ends by itself while its guest boots, before anything is asked of it: 10.0 did so once, by a segmentation fault in one of its
    /// processors' threads.
    /// </summary>
    private static async Task<LabGuest> StartPatientlyAsync(Workspace workspace, QemuInstallation qemu, bool isPc)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await StartAsync(workspace, qemu, isPc);
            }
            catch (IOException gone) when (attempt < 3)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{qemu.Name} ended while its guest booted: {gone.Message}");
            }
        }
    }

    /// <summary>Starts a guest that has used its devices. Its clock goes by its own time; behind a bridge it has a device that it does not use.</summary>
    private static async Task<LabGuest> StartAsync(Workspace workspace, QemuInstallation qemu, bool isPc)
    {
        string readOnly = Path.Combine(workspace.NewFolder("disk"), "ro");
        await File.WriteAllBytesAsync(readOnly, new byte[1 << 20], TestContext.Current.CancellationToken);
        MachineDevices devices = isPc ? MachineDevices.Pc(readOnly) : MachineDevices.Q35(readOnly);
        string[] bridge = isPc
            ? ["-device", "pci-bridge,id=bridge,chassis_nr=1", "-device", "e1000,bus=bridge,addr=3,romfile="]
            : ["-device", "pcie-root-port,id=bridge,chassis=1", "-device", "e1000e,bus=bridge,romfile="];
        LinuxSpecification specification = LinuxSpecification.For(workspace, qemu.Machine(devices.Family), devices.Modules) with
        {
            Processors = Processors,
            Disks = [GuestDisk.Raw(Path.Combine(workspace.NewFolder("disk"), "rw"))],
            MoreDisks = devices.Disks,
            Extra = [.. devices.Arguments, .. bridge, "-rtc", "base=2031-05-06T17:48:09,clock=vm"],
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(20, seconds: 240);
        await devices.AssertAliveAsync(guest);
        return guest;
    }

    /// <summary>Gives the registers that no guest here uses values of which no two are alike.</summary>
    private static async Task SetRegistersAsync(LabGuest guest)
    {
        using GdbStub stub = await GdbStub.ConnectAsync(guest);
        byte next = 1;
        for (int processor = 0; processor < Processors; processor++)
        {
            await stub.SelectAsync(processor);
            for (int i = 0; i < 8; i++)
            {
                await stub.SetAsync(GdbStub.FirstFloat + i, Value(10));
            }

            for (int i = 0; i < 16; i++)
            {
                await stub.SetAsync(GdbStub.FirstVector + i, Value(16));
            }
        }

        byte[] Value(int bytes)
        {
            byte seed = next++;
            return [.. Enumerable.Range(0, bytes).Select(i => (byte)((seed * 37) + (i * 5) + 1))];
        }
    }
}
