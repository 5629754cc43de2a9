using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("port92", Version = 1)]
internal sealed partial class Port92Device
{
    [VMStateField(Name = "outport")]
    internal byte Outport;
}
