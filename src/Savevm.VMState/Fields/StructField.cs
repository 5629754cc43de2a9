using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>One structure, with a description of its own.</summary>
internal sealed class StructField<TDevice, TNested> : VMStateField<TDevice>
{
    private readonly FieldRef<TDevice, TNested> _nested;
    private readonly VMStateDescription<TNested> _description;
    private readonly uint _version;

    internal StructField(
        string name,
        FieldRef<TDevice, TNested> nested,
        VMStateDescription<TNested> description,
        uint? fixedVersion,
        FieldCondition<TDevice> condition)
        : base(name, fixedVersion is null ? VMStateFieldKind.Struct : VMStateFieldKind.VersionedStruct, condition)
    {
        _nested = nested;
        _description = description;
        _version = fixedVersion ?? description.Version;
        Nested = description;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) =>
        _description.Save(ref _nested(ref device), saver, _version);

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader) =>
        _description.Load(ref _nested(ref device), ref loader, _version);
}
