using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("PCIHost", Version = 1)]
internal sealed partial class PciHostDevice
{
    [VMStateField(Name = "config_reg")]
    internal uint ConfigReg;
}
