using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("xhci-port", Version = 1)]
internal sealed partial class XhciPort
{
    [VMStateField(Name = "portsc")]
    internal uint Portsc;
}
