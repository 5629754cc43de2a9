using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("PCIDevice", Version = 2, MinimumVersion = 1)]
internal sealed partial class PciDevice
{
    [VMStateEqual(OrLess = true, Name = "version_id")]
    internal int VersionId = 2;

    // A device has one of two sizes, and a field for each of them under one name.
    [VMStateCustom("pci config", typeof(PciConfigurationField), Name = "config", When = nameof(IsConventional))]
    internal byte[] Configuration = new byte[256];

    [VMStateCustom("pci config", typeof(PciConfigurationField), Name = "config", When = nameof(IsExpress))]
    internal bool Express;

    [VMStateCustom("pci irq state", typeof(PciIrqField), Name = "irq_state", Since = 2)]
    internal uint[] IrqState = new uint[4];

    private bool IsConventional() => !Express;

    private bool IsExpress() => Express;
}
