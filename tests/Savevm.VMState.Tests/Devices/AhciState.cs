using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ahci", Version = 1)]
internal sealed partial class AhciState
{
    [VMStateArray(6, Name = "dev")]
    internal AhciPort[] Dev = [.. Enumerable.Range(0, 6).Select(_ => new AhciPort())];

    [VMStateField(Name = "control_regs.cap")]
    internal uint ControlRegsCap;

    [VMStateField(Name = "control_regs.ghc")]
    internal uint ControlRegsGhc;

    [VMStateField(Name = "control_regs.irqstatus")]
    internal uint ControlRegsIrqstatus;

    [VMStateField(Name = "control_regs.impl")]
    internal uint ControlRegsImpl;

    [VMStateField(Name = "control_regs.version")]
    internal uint ControlRegsVersion;

    [VMStateField(Name = "idp_index")]
    internal uint IdpIndex;

    [VMStateEqual(Name = "ports")]
    internal uint Ports = 6;
}
