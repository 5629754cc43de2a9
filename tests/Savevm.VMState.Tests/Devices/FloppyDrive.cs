using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMStateSubsection("fdrive/media_rate", Version = 1)]
[VMState("fdrive", Version = 1)]
internal sealed partial class FloppyDrive
{
    [VMStateField(Name = "head")]
    internal byte Head;

    [VMStateField(Name = "track")]
    internal byte Track;

    [VMStateField(Name = "sect")]
    internal byte Sect;

    [VMStateField(Name = "media_rate", Subsection = "fdrive/media_rate")]
    internal byte MediaRate;
}
