using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMStateSubsection("ps2kbd/need_high_bit", Version = 1, Needed = nameof(HasHighBit))]
[VMState("ps2kbd", Version = 3, MinimumVersion = 2)]
internal sealed partial class Ps2KeyboardDevice
{
    [VMStateField(Name = "parent_obj")]
    internal Ps2State ParentObj = new();

    [VMStateField(Name = "scan_enabled")]
    internal int ScanEnabled;

    [VMStateField(Name = "translate")]
    internal int Translate;

    [VMStateField(Name = "scancode_set", Since = 3)]
    internal int ScancodeSet;

    [VMStateField(Name = "need_high_bit", Subsection = "ps2kbd/need_high_bit")]
    internal bool NeedHighBit;

    private bool HasHighBit() => NeedHighBit;
}
