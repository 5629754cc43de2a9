using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("pckbd", Version = 3)]
internal sealed partial class KeyboardControllerDevice
{
    [VMStateField(Name = "kbd")]
    internal KeyboardControllerState Kbd = new();
}
