using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("kvm-tpr-opt", Version = 1)]
internal sealed partial class VapicDevice
{
    [VMStateField(Name = "rom_state")]
    internal VapicRom RomState = new();

    [VMStateField(Name = "state")]
    internal uint State;

    [VMStateField(Name = "real_tpr_addr")]
    internal uint RealTprAddr;

    [VMStateField(Name = "rom_state_vaddr")]
    internal uint RomStateVaddr;

    [VMStateField(Name = "vapic_paddr")]
    internal uint VapicPaddr;

    [VMStateField(Name = "rom_state_paddr")]
    internal uint RomStatePaddr;
}
