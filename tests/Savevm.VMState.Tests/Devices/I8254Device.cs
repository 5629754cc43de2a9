using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("i8254", Version = 3, MinimumVersion = 2)]
internal sealed partial class I8254Device
{
    [VMStateField(Name = "channels[0].irq_disabled", Since = 3)]
    internal uint IrqDisabled;

    [VMStateArray(3, Name = "channels")]
    internal PitChannel[] Channels = [new(), new(), new()];

    [VMStateField(Name = "channels[0].next_transition_time")]
    internal long NextTransitionTime;
}
