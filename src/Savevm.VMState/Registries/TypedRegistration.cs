using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Registries;

/// <summary>A registered device with its type.</summary>
internal sealed class TypedRegistration<TDevice>(
    DevicePlace place, uint instanceId, uint sectionId, TDevice device, VMStateDescription<TDevice> description)
    : DeviceRegistration(place, instanceId, sectionId, description)
{
    private readonly VMStateCodec<TDevice> _codec = new(description);
    private TDevice _device = device;

    internal override void Save(VMStateSaver saver) => _codec.Save(ref _device, saver);

    internal override void Load(ref VMStateLoader loader, uint version) => _codec.Load(ref _device, ref loader, version);
}
