using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("I440FX", Version = 3)]
internal sealed partial class I440FxDevice
{
    [VMStateUnused(1, Behind = true)]
    [VMStateField(Name = "parent_obj")]
    internal PciDevice ParentObj = new();
}
