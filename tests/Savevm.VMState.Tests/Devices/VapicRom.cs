using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("kvmvapic-guest-rom", Version = 1)]
internal sealed partial class VapicRom
{
    [VMStateUnused(8)]
    [VMStateField(Name = "vaddr")]
    internal uint Vaddr;

    [VMStateField(Name = "fixup_start")]
    internal uint FixupStart;

    [VMStateField(Name = "fixup_end")]
    internal uint FixupEnd;

    [VMStateField(Name = "vapic_vaddr")]
    internal uint VapicVaddr;

    [VMStateField(Name = "vapic_size")]
    internal uint VapicSize;

    [VMStateField(Name = "vcpu_shift")]
    internal uint VcpuShift;

    [VMStateField(Name = "real_tpr_addr")]
    internal uint RealTprAddr;

    [VMStateField(Name = "up")]
    internal VapicHandlers Up = new();

    [VMStateField(Name = "mp")]
    internal VapicHandlers Mp = new();
}
