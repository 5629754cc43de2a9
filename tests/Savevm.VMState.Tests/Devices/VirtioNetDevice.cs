using Savevm.VMState.Attributes;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

[VMState("virtio-net", Version = 11)]
internal sealed partial class VirtioNetDevice : IVirtioDevice
{
    [VMStateCustom("virtio", typeof(VirtioField<VirtioNetDevice>), Name = "virtio")]
    internal VirtioState State = new(vectors: 4, configBytes: 8);

    private VirtioNetState _net = new();

    public VirtioState Virtio => State;

    public void SaveKind(WireWriter output)
    {
        _net.Features = State.GuestFeaturesLow;
        VirtioNetState.StateDescription.Save(ref _net, new VMStateSaver(output));
    }

    public void LoadKind(scoped ref VMStateLoader loader)
    {
        // The upper half of the features comes later, in a subsection; what decides here is in the lower.
        _net.Features = State.GuestFeaturesLow;
        VirtioNetState.StateDescription.Load(ref _net, ref loader, VirtioNetState.StateDescription.Version);
    }
}
