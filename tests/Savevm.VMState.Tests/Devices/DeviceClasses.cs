namespace Savevm.VMState.Tests.Devices;

/// <summary>The classes for QEMU's devices, by the last part of the name of their section.</summary>
internal static class DeviceClasses
{
    private static readonly Dictionary<string, Action<int, IDeviceVisitor>> Table = new()
    {
        ["timer"] = (_, visitor) => visitor.Visit(TimerDevice.StateDescription, new TimerDevice()),
        ["cpu_common"] = (_, visitor) => visitor.Visit(CpuCommonDevice.StateDescription, new CpuCommonDevice()),
        ["kvm-tpr-opt"] = (_, visitor) => visitor.Visit(VapicDevice.StateDescription, new VapicDevice()),
        ["apic"] = (_, visitor) => visitor.Visit(ApicDevice.StateDescription, new ApicDevice()),
        ["fw_cfg"] = (_, visitor) => visitor.Visit(FirmwareConfigurationDevice.StateDescription, new FirmwareConfigurationDevice()),
        ["PCIHost"] = (_, visitor) => visitor.Visit(PciHostDevice.StateDescription, new PciHostDevice()),
        ["PCIBUS"] = (bytes, visitor) => visitor.Visit(PciBusDevice.StateDescription, PciBus(bytes)),
        ["I440FX"] = (_, visitor) => visitor.Visit(I440FxDevice.StateDescription, new I440FxDevice()),
        ["PIIX3"] = (_, visitor) => visitor.Visit(Piix3Device.StateDescription, new Piix3Device()),
        ["dma"] = (_, visitor) => visitor.Visit(DmaDevice.StateDescription, new DmaDevice()),
        ["i8259"] = (_, visitor) => visitor.Visit(I8259Device.StateDescription, new I8259Device()),
        ["ioapic"] = (_, visitor) => visitor.Visit(IoApicDevice.StateDescription, new IoApicDevice()),
        ["hpet"] = (_, visitor) => visitor.Visit(HpetDevice.StateDescription, new HpetDevice()),
        ["mc146818rtc"] = (_, visitor) => visitor.Visit(RtcDevice.StateDescription, new RtcDevice()),
        ["i8254"] = (_, visitor) => visitor.Visit(I8254Device.StateDescription, new I8254Device()),
        ["pcspk"] = (_, visitor) => visitor.Visit(PcSpeakerDevice.StateDescription, new PcSpeakerDevice()),
        ["serial"] = (_, visitor) => visitor.Visit(SerialDevice.StateDescription, new SerialDevice()),
        ["fdc"] = (_, visitor) => visitor.Visit(FloppyDevice.StateDescription, new FloppyDevice()),
        ["ps2kbd"] = (_, visitor) => visitor.Visit(Ps2KeyboardDevice.StateDescription, new Ps2KeyboardDevice()),
        ["ps2mouse"] = (_, visitor) => visitor.Visit(Ps2MouseDevice.StateDescription, new Ps2MouseDevice()),
        ["pckbd"] = (_, visitor) => visitor.Visit(KeyboardControllerDevice.StateDescription, new KeyboardControllerDevice()),
        ["cpu"] = (_, visitor) => visitor.Visit(CpuDevice.StateDescription, new CpuDevice()),
        ["vmmouse"] = (_, visitor) => visitor.Visit(VMMouseDevice.StateDescription, new VMMouseDevice()),
        ["ich9_ahci"] = (_, visitor) => visitor.Visit(Ich9AhciDevice.StateDescription, new Ich9AhciDevice()),
        ["e1000"] = (_, visitor) => visitor.Visit(E1000Device.StateDescription, new E1000Device()),
        ["virtio-net"] = (_, visitor) => visitor.Visit(VirtioNetDevice.StateDescription, new VirtioNetDevice()),
        ["virtio-blk"] = (_, visitor) => visitor.Visit(VirtioBlkDevice.StateDescription, new VirtioBlkDevice()),
        ["xhci"] = (_, visitor) => visitor.Visit(XhciDevice.StateDescription, new XhciDevice()),
        ["usb-ptr"] = (_, visitor) => visitor.Visit(UsbPointerDevice.StateDescription, new UsbPointerDevice()),
        ["port92"] = (_, visitor) => visitor.Visit(Port92Device.StateDescription, new Port92Device()),
        ["i2c_bus"] = (_, visitor) => visitor.Visit(I2CBusDevice.StateDescription, new I2CBusDevice()),
        ["acpi_build"] = (_, visitor) => visitor.Visit(AcpiBuildDevice.StateDescription, new AcpiBuildDevice()),
    };

    /// <summary>Makes a device for a section and hands it on; false where there is no class for it.</summary>
    /// <param name="idStr">Name of the section.</param>
    /// <param name="bytes">Bytes of its body: how many lines the bus of a machine has, only the machine knows.</param>
    /// <param name="visitor">Takes device and description.</param>
    internal static bool TryMake(string idStr, int bytes, IDeviceVisitor visitor)
    {
        if (!Table.TryGetValue(idStr[(idStr.LastIndexOf('/') + 1)..], out Action<int, IDeviceVisitor>? make))
            return false;
        make(bytes, visitor);
        return true;
    }

    private static PciBusDevice PciBus(int bytes)
    {
        int lines = (bytes / sizeof(int)) - 1;
        return new PciBusDevice { Nirq = lines, IrqCount = new int[lines] };
    }
}
