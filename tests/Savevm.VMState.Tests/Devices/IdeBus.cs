using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ide_bus", Version = 1)]
internal sealed partial class IdeBus
{
    [VMStateField(Name = "cmd")]
    internal byte Cmd;

    [VMStateField(Name = "unit")]
    internal byte Unit;
}
