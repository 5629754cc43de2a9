using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("serial", Version = 3, MinimumVersion = 2)]
internal sealed partial class SerialDevice
{
    [VMStateField(Name = "state")]
    internal SerialState State = new();
}
