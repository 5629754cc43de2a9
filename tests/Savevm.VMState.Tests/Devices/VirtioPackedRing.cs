using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("packed_virtqueue_state", Version = 1)]
internal partial struct VirtioPackedRing
{
    [VMStateField(Name = "last_avail_idx")]
    internal ushort LastAvailable;

    [VMStateField(Name = "last_avail_wrap_counter")]
    internal bool LastAvailableWrap;

    [VMStateField(Name = "used_idx")]
    internal ushort UsedIndex;

    [VMStateField(Name = "used_wrap_counter")]
    internal bool UsedWrap;

    [VMStateField(Name = "inuse")]
    internal uint InUse;
}
