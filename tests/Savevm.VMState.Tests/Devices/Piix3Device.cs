using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("PIIX3", Version = 3, MinimumVersion = 2)]
internal sealed partial class Piix3Device
{
    [VMStateField(Name = "dev")]
    internal PciDevice Dev = new();

    [VMStateArray(4, Name = "pci_irq_levels_vmstate", Since = 3)]
    internal readonly int[] PciIrqLevelsVmstate = new int[4];
}
