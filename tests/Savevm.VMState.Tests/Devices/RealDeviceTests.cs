using Savevm.VMState.Descriptions;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

/// <summary>Sections that real QEMUs wrote go into classes with attributes and come out again: the same bytes, the same description.</summary>
public sealed class RealDeviceTests
{
    private static readonly Dictionary<string, Func<Section, DescriptionDialect, int>> Devices = new()
    {
        ["timer"] = (section, dialect) => Same(TimerDevice.StateDescription, new TimerDevice(), section, dialect),
        ["cpu_common"] = (section, dialect) => Same(CpuCommonDevice.StateDescription, new CpuCommonDevice(), section, dialect),
        ["kvm-tpr-opt"] = (section, dialect) => Same(VapicDevice.StateDescription, new VapicDevice(), section, dialect),
        ["apic"] = (section, dialect) => Same(ApicDevice.StateDescription, new ApicDevice(), section, dialect),
        ["fw_cfg"] = (section, dialect) =>
            Same(FirmwareConfigurationDevice.StateDescription, new FirmwareConfigurationDevice(), section, dialect),
        ["PCIHost"] = (section, dialect) => Same(PciHostDevice.StateDescription, new PciHostDevice(), section, dialect),
        ["PCIBUS"] = (section, dialect) => Same(PciBusDevice.StateDescription, PciBus(section), section, dialect),
        ["0000:00:00.0/I440FX"] = (section, dialect) => Same(I440FxDevice.StateDescription, new I440FxDevice(), section, dialect),
        ["0000:00:01.0/PIIX3"] = (section, dialect) => Same(Piix3Device.StateDescription, new Piix3Device(), section, dialect),
        ["dma"] = (section, dialect) => Same(DmaDevice.StateDescription, new DmaDevice(), section, dialect),
        ["i8259"] = (section, dialect) => Same(I8259Device.StateDescription, new I8259Device(), section, dialect),
        ["ioapic"] = (section, dialect) => Same(IoApicDevice.StateDescription, new IoApicDevice(), section, dialect),
        ["hpet"] = (section, dialect) => Same(HpetDevice.StateDescription, new HpetDevice(), section, dialect),
        ["mc146818rtc"] = (section, dialect) => Same(RtcDevice.StateDescription, new RtcDevice(), section, dialect),
        ["i8254"] = (section, dialect) => Same(I8254Device.StateDescription, new I8254Device(), section, dialect),
        ["pcspk"] = (section, dialect) => Same(PcSpeakerDevice.StateDescription, new PcSpeakerDevice(), section, dialect),
        ["serial"] = (section, dialect) => Same(SerialDevice.StateDescription, new SerialDevice(), section, dialect),
        ["fdc"] = (section, dialect) => Same(FloppyDevice.StateDescription, new FloppyDevice(), section, dialect),
        ["ps2kbd"] = (section, dialect) => Same(Ps2KeyboardDevice.StateDescription, new Ps2KeyboardDevice(), section, dialect),
        ["ps2mouse"] = (section, dialect) => Same(Ps2MouseDevice.StateDescription, new Ps2MouseDevice(), section, dialect),
        ["pckbd"] = (section, dialect) => Same(KeyboardControllerDevice.StateDescription, new KeyboardControllerDevice(), section, dialect),
        ["cpu"] = (section, dialect) => Same(CpuDevice.StateDescription, new CpuDevice(), section, dialect),
        ["vmmouse"] = (section, dialect) => Same(VMMouseDevice.StateDescription, new VMMouseDevice(), section, dialect),
        ["0000:00:1f.2/ich9_ahci"] = (section, dialect) => Same(Ich9AhciDevice.StateDescription, new Ich9AhciDevice(), section, dialect),
        ["0000:00:03.0/e1000"] = (section, dialect) => Same(E1000Device.StateDescription, new E1000Device(), section, dialect),
        ["0000:00:02.0/virtio-net"] = (section, dialect) => Same(VirtioNetDevice.StateDescription, new VirtioNetDevice(), section, dialect),
        ["0000:00:04.0/virtio-blk"] = (section, dialect) => Same(VirtioBlkDevice.StateDescription, new VirtioBlkDevice(), section, dialect),
        ["0000:00:06.0/xhci"] = (section, dialect) => Same(XhciDevice.StateDescription, new XhciDevice(), section, dialect),
        ["0000:00:06.0/1/usb-ptr"] = (section, dialect) => Same(UsbPointerDevice.StateDescription, new UsbPointerDevice(), section, dialect),
        ["port92"] = (section, dialect) => Same(Port92Device.StateDescription, new Port92Device(), section, dialect),
        ["i2c_bus"] = (section, dialect) => Same(I2CBusDevice.StateDescription, new I2CBusDevice(), section, dialect),
        ["acpi_build"] = (section, dialect) => Same(AcpiBuildDevice.StateDescription, new AcpiBuildDevice(), section, dialect),
    };

    [Theory]
    [InlineData("q72-precopy.devices.gz", DescriptionDialect.Qemu72, 28)]
    [InlineData("q100-precopy.devices.gz", DescriptionDialect.Qemu100, 28)]
    [InlineData("q72-q35-devices.devices.gz", DescriptionDialect.Qemu72, 31)]
    [InlineData("q100-q35-devices.devices.gz", DescriptionDialect.Qemu100, 31)]
    public void Devices_of_a_stream_are_loaded_and_saved_as_they_were(string name, DescriptionDialect dialect, int expected)
    {
        int compared = 0;
        foreach (Section section in RealStream.Load(name))
        {
            if (Devices.TryGetValue(section.IdStr, out Func<Section, DescriptionDialect, int>? same))
                compared += same(section, dialect);
        }
        Assert.Equal(expected, compared);
    }

    private static int Same<TDevice>(VMStateDescription<TDevice> description, TDevice device, Section section, DescriptionDialect dialect)
    {
        var codec = new VMStateCodec<TDevice>(description);
        Assert.Equal(section.Version, description.Version);
        codec.Load(ref device, section.Body, section.Version);

        // Straight-line code, then the description field by field: two ways to the same bytes.
        var fast = new WireWriter();
        codec.Save(ref device, fast);
        Assert.Equal(Convert.ToHexString(section.Body), Convert.ToHexString(fast.WrittenSpan));
        var described = new WireWriter();
        string json = codec.SaveDescribed(ref device, described, dialect);
        Assert.Equal(Convert.ToHexString(section.Body), Convert.ToHexString(described.WrittenSpan));
        Assert.Equal(InNewerWords(section), json);

        // A state cut anywhere is refused, whichever code reads it.
        for (int length = 0; length < section.Body.Length; length += Math.Max(1, section.Body.Length / 64))
        {
            VMStateLoadException? refused = null;
            try
            {
                codec.Load(ref device, section.Body.AsSpan(0, length), section.Version);
            }
            catch (VMStateLoadException exception)
            {
                refused = exception;
            }
            // Between subsections a state is whole.
            Assert.True(refused is not null || HasSubsections(description), $"{section.IdStr} of {length} bytes");
        }
        return 1;
    }

    // Between 7.2 and 10.0 one field of each of these devices got another name or kind; its bytes are the same.
    private static string InNewerWords(Section section) => section.IdStr switch
    {
        "hpet" => section.Json.Replace("\"num_timers\"", "\"num_timers_save\"", StringComparison.Ordinal),
        "0000:00:1f.2/ich9_ahci" => section.Json.Replace(
            "\"ports\", \"type\": \"int32 equal\"", "\"ports\", \"type\": \"uint32 equal\"", StringComparison.Ordinal),
        _ => section.Json,
    };

    private static bool HasSubsections(VMStateDescription description) => description.Subsections.Count > 0
        || description.Fields.Any(field => field.Nested is not null && HasSubsections(field.Nested));

    // The bus of a q35 has more lines than that of a pc: a machine knows its own.
    private static PciBusDevice PciBus(Section section)
    {
        int lines = (section.Body.Length / sizeof(int)) - 1;
        return new PciBusDevice { Nirq = lines, IrqCount = new int[lines] };
    }
}
