using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("fdc", Version = 2)]
internal sealed partial class FloppyDevice
{
    [VMStateField(Name = "state")]
    internal FloppyState State = new();
}
