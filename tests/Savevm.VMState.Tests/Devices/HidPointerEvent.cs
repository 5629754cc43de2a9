using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("HIDPointerEventQueue", Version = 1)]
internal sealed partial class HidPointerEvent
{
    [VMStateField(Name = "xdx")]
    internal int Xdx;

    [VMStateField(Name = "ydy")]
    internal int Ydy;

    [VMStateField(Name = "dz")]
    internal int Dz;

    [VMStateField(Name = "buttons_state")]
    internal int ButtonsState;
}
