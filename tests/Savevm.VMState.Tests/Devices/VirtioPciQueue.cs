using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("virtio_pci/modern_queue_state", Version = 1)]
internal partial struct VirtioPciQueue
{
    [VMStateField(Name = "num")]
    internal ushort Number;

    [VMStateUnused(1)]
    [VMStateField(Name = "enabled")]
    internal bool Enabled;

    [VMStateField(Name = "desc[0]")]
    internal uint DescriptorsLow;

    [VMStateField(Name = "desc[1]")]
    internal uint DescriptorsHigh;

    [VMStateField(Name = "avail[0]")]
    internal uint AvailableLow;

    [VMStateField(Name = "avail[1]")]
    internal uint AvailableHigh;

    [VMStateField(Name = "used[0]")]
    internal uint UsedLow;

    [VMStateField(Name = "used[1]")]
    internal uint UsedHigh;
}
