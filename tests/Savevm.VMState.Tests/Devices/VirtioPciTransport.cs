using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("virtio_pci", Version = 1)]
[VMStateSubsection("virtio_pci/modern_state", Version = 1, Needed = nameof(IsModern))]
internal sealed partial class VirtioPciTransport
{
    [VMStateField(Name = "dfselect", Subsection = "virtio_pci/modern_state")]
    internal uint DeviceFeatureSelect;

    [VMStateField(Name = "gfselect", Subsection = "virtio_pci/modern_state")]
    internal uint GuestFeatureSelect;

    [VMStateArray(2, Name = "guest_features", Subsection = "virtio_pci/modern_state")]
    internal readonly uint[] GuestFeatures = new uint[2];

    [VMStateArray(VirtioState.MaxQueues, Name = "vqs", Subsection = "virtio_pci/modern_state")]
    internal readonly VirtioPciQueue[] Queues = new VirtioPciQueue[VirtioState.MaxQueues];

    internal bool Modern;

    private bool IsModern() => Modern;
}
