using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("hpet_timer", Version = 1)]
internal sealed partial class HpetTimer
{
    [VMStateField(Name = "tn")]
    internal byte Tn;

    [VMStateField(Name = "config")]
    internal ulong Config;

    [VMStateField(Name = "cmp")]
    internal ulong Cmp;

    [VMStateField(Name = "fsb")]
    internal ulong Fsb;

    [VMStateField(Name = "period")]
    internal ulong Period;

    [VMStateField(Name = "wrap_flag")]
    internal byte WrapFlag;

    [VMStateTimer(Name = "qemu_timer")]
    internal long QemuTimer;
}
