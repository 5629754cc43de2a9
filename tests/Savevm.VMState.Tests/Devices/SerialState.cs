using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("serial", Version = 3, MinimumVersion = 2)]
internal sealed partial class SerialState
{
    [VMStateField(Name = "divider", Since = 2)]
    internal ushort Divider;

    [VMStateField(Name = "rbr")]
    internal byte Rbr;

    [VMStateField(Name = "ier")]
    internal byte Ier;

    [VMStateField(Name = "iir")]
    internal byte Iir;

    [VMStateField(Name = "lcr")]
    internal byte Lcr;

    [VMStateField(Name = "mcr")]
    internal byte Mcr;

    [VMStateField(Name = "lsr")]
    internal byte Lsr;

    [VMStateField(Name = "msr")]
    internal byte Msr;

    [VMStateField(Name = "scr")]
    internal byte Scr;

    [VMStateField(Name = "fcr_vmstate", Since = 3)]
    internal byte FcrVmstate;
}
