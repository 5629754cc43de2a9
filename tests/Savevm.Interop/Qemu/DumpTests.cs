using Savevm.Interop.Lab;
using Savevm.VMState.Comparing;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Imports;
using Savevm.VMState.Tests.Devices;

namespace Savevm.Interop.Qemu;

/// <summary>What QEMU says of its own devices against the classes with attributes that load and save their states.</summary>
public sealed class DumpTests
{
    private static readonly Dictionary<string, VMStateDescription> Devices = new()
    {
        ["isa-pit"] = I8254Device.StateDescription,
        ["isa-i8259"] = I8259Device.StateDescription,
        ["mc146818rtc"] = RtcDevice.StateDescription,
        ["hpet"] = HpetDevice.StateDescription,
        ["ioapic"] = IoApicDevice.StateDescription,
        ["isa-serial"] = SerialDevice.StateDescription,
        ["isa-fdc"] = FloppyDevice.StateDescription,
        ["isa-pcspk"] = PcSpeakerDevice.StateDescription,
        ["i8042"] = KeyboardControllerDevice.StateDescription,
        ["i8257"] = DmaDevice.StateDescription,
        ["i440FX"] = I440FxDevice.StateDescription,
        ["PIIX3"] = Piix3Device.StateDescription,
        ["port92"] = Port92Device.StateDescription,
        ["vmmouse"] = VMMouseDevice.StateDescription,
        ["kvmvapic"] = VapicDevice.StateDescription,
        ["fw_cfg_io"] = FirmwareConfigurationDevice.StateDescription,
        ["e1000"] = E1000Device.StateDescription,
        ["ich9-ahci"] = Ich9AhciDevice.StateDescription,
    };

    /// <summary>
    /// What is another thing in a dump: a field of own code that writes two bytes of four, and the name that one field had in 7.2.
    /// </summary>
    private static readonly string[] Known =
    [
        "fw_cfg/cur_offset: Resized: 4 to 2", "hpet/num_timers: Removed: 1", "hpet/num_timers_save: Added: uint8 1",
    ];

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task OurDescriptionsAreThoseOfTheDump(string name)
    {
        await using var workspace = new Workspace();
        string file = Path.Combine(workspace.NewFolder("dump"), "dump.json");
        LabProcess qemu = workspace.Owns(LabProcess.Start(QemuLab.Named(name).Path, ["-M", "pc-i440fx-7.2", "-dump-vmstate", file, "-display", "none"]));
        Assert.Equal(0, await qemu.ExitAsync());
        MachineDump dump = MachineDump.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal("pc-i440fx-7.2", dump.Machine);
        Assert.InRange(dump.Devices.Count, 200, 400);
        var found = new List<string>();
        foreach ((string type, VMStateDescription ours) in Devices)
        {
            // The classes have the subsections that the streams of the tests have.
            found.AddRange(DescriptionComparer.Compare(dump.Devices[type], ours)
                .Where(difference => difference.Change != DescriptionChange.SubsectionRemoved).Select(difference => difference.ToString()));
        }

        Assert.Equal([], found.Except(Known));
        Assert.Contains(Known[0], found);
    }
}
