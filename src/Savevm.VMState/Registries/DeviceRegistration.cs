using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Registries;

/// <summary>One device of a registry: under which name and number its section travels.</summary>
public abstract class DeviceRegistration
{
    private protected DeviceRegistration(DevicePlace place, uint instanceId, uint sectionId, VMStateDescription description)
    {
        Place = place;
        InstanceId = instanceId;
        SectionId = sectionId;
        Description = description;
        IdStr = place.Path is null ? description.Name : $"{place.Path}/{description.Name}";
    }

    /// <summary>The section's name: that of the description, behind the device's path if it has one.</summary>
    public string IdStr { get; }

    /// <summary>Number among devices of the same name.</summary>
    public uint InstanceId { get; }

    /// <summary>Number of the section in a stream that this registry writes: the order of registration.</summary>
    public uint SectionId { get; }

    /// <summary>What the state consists of.</summary>
    public VMStateDescription Description { get; }

    private DevicePlace Place { get; }

    /// <summary>A section of this name and number is meant for this device: by its own, by its other number, or by the name it had once.</summary>
    internal bool Answers(string idStr, uint instanceId) =>
        (idStr == IdStr && (instanceId == InstanceId || instanceId == Place.AliasId))
        || (Place.Path is not null && idStr == Description.Name && instanceId == Place.CompatInstanceId);

    internal abstract void Save(VMStateSaver saver);

    internal abstract void Load(ref VMStateLoader loader, uint version);

    /// <inheritdoc/>
    public override string ToString() => $"{IdStr} {InstanceId}";
}
