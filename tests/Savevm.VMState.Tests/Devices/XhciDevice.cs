using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("xhci", Version = 1)]
internal sealed partial class XhciDevice
{
    [VMStateField(Name = "parent_obj")]
    internal PciDevice ParentObj0 = new() { Configuration = new byte[4096], Express = true };

    [VMStateField(Name = "parent_obj")]
    internal XhciMsix ParentObj1 = new();

    [VMStateField(Name = "xhci")]
    internal XhciCore Xhci = new();
}
