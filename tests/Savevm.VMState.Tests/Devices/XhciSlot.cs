using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("xhci-slot", Version = 1)]
internal sealed partial class XhciSlot
{
    [VMStateField(Name = "enabled")]
    internal bool Enabled;

    [VMStateField(Name = "addressed")]
    internal bool Addressed;
}
