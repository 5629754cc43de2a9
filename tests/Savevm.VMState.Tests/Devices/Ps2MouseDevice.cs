using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ps2mouse", Version = 2)]
internal sealed partial class Ps2MouseDevice
{
    [VMStateField(Name = "parent_obj")]
    internal Ps2State ParentObj = new();

    [VMStateField(Name = "mouse_status")]
    internal byte MouseStatus;

    [VMStateField(Name = "mouse_resolution")]
    internal byte MouseResolution;

    [VMStateField(Name = "mouse_sample_rate")]
    internal byte MouseSampleRate;

    [VMStateField(Name = "mouse_wrap")]
    internal byte MouseWrap;

    [VMStateField(Name = "mouse_type")]
    internal byte MouseType;

    [VMStateField(Name = "mouse_detect_state")]
    internal byte MouseDetectState;

    [VMStateField(Name = "mouse_dx")]
    internal int MouseDx;

    [VMStateField(Name = "mouse_dy")]
    internal int MouseDy;

    [VMStateField(Name = "mouse_dz")]
    internal int MouseDz;

    [VMStateField(Name = "mouse_buttons")]
    internal byte MouseButtons;
}
