using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("virtqueue_state", Version = 1)]
internal partial struct VirtioRing
{
    [VMStateField(Name = "vring.avail")]
    internal ulong Available;

    [VMStateField(Name = "vring.used")]
    internal ulong Used;
}
