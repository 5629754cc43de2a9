using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("i2c_bus", Version = 1)]
internal sealed partial class I2CBusDevice
{
    [VMStateField(Name = "saved_address")]
    internal byte SavedAddress;
}
