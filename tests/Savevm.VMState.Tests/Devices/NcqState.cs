using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ncq state", Version = 1)]
internal sealed partial class NcqState
{
    [VMStateField(Name = "sector_count")]
    internal uint SectorCount;

    [VMStateField(Name = "lba")]
    internal ulong Lba;

    [VMStateField(Name = "tag")]
    internal byte Tag;

    [VMStateField(Name = "cmd")]
    internal byte Cmd;

    [VMStateField(Name = "slot")]
    internal byte Slot;

    [VMStateField(Name = "used")]
    internal bool Used;

    [VMStateField(Name = "halt")]
    internal bool Halt;
}
