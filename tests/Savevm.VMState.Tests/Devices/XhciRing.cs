using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("xhci-ring", Version = 1)]
internal sealed partial class XhciRing
{
    [VMStateField(Name = "dequeue")]
    internal ulong Dequeue;

    [VMStateField(Name = "ccs")]
    internal bool Ccs;
}
