using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ich9_ahci", Version = 1)]
internal sealed partial class Ich9AhciDevice
{
    [VMStateField(Name = "parent_obj")]
    internal PciDevice ParentObj = new();

    [VMStateField(Name = "ahci")]
    internal AhciState Ahci = new();
}
