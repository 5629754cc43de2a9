using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("i8259", Version = 1)]
internal sealed partial class I8259Device
{
    [VMStateField(Name = "last_irr")]
    internal byte LastIrr;

    [VMStateField(Name = "irr")]
    internal byte Irr;

    [VMStateField(Name = "imr")]
    internal byte Imr;

    [VMStateField(Name = "isr")]
    internal byte Isr;

    [VMStateField(Name = "priority_add")]
    internal byte PriorityAdd;

    [VMStateField(Name = "irq_base")]
    internal byte IrqBase;

    [VMStateField(Name = "read_reg_select")]
    internal byte ReadRegSelect;

    [VMStateField(Name = "poll")]
    internal byte Poll;

    [VMStateField(Name = "special_mask")]
    internal byte SpecialMask;

    [VMStateField(Name = "init_state")]
    internal byte InitState;

    [VMStateField(Name = "auto_eoi")]
    internal byte AutoEoi;

    [VMStateField(Name = "rotate_on_auto_eoi")]
    internal byte RotateOnAutoEoi;

    [VMStateField(Name = "special_fully_nested_mode")]
    internal byte SpecialFullyNestedMode;

    [VMStateField(Name = "init4")]
    internal byte Init4;

    [VMStateField(Name = "single_mode")]
    internal byte SingleMode;

    [VMStateField(Name = "elcr")]
    internal byte Elcr;
}
