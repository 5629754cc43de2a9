using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>An array of structures, or of pointers to them; each element is followed by its own subsections.</summary>
internal sealed class StructArrayField<TDevice, TNested> : VMStateField<TDevice>
{
    private readonly FieldSpan<TDevice, TNested> _nested;
    private readonly VMStateDescription<TNested> _description;
    private readonly ElementCount<TDevice> _count;

    internal StructArrayField(
        string name,
        FieldSpan<TDevice, TNested> nested,
        VMStateDescription<TNested> description,
        ElementCount<TDevice> count,
        bool arePointers,
        FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Struct, condition)
    {
        _nested = nested;
        _description = description;
        _count = count;
        Nested = description;
        IsArray = true;
        IsPointerArray = arePointers;
        FixedCount = count.Fixed;
        CountField = count.Field;
    }

    private protected override int CountToSave(ref TDevice device) => CheckCount(_count.In(ref device), _nested(ref device).Length);

    internal override ElementCount<TDevice> Counted => _count;

    private protected override int CountToLoad(ref TDevice device, ref VMStateLoader loader)
    {
        _count.MakeRoom(ref device, ref loader, _description.Fields.Count == 0 && !IsPointerArray ? 0 : 8, "elements");
        return loader.CheckCount(_count.In(ref device), _nested(ref device).Length, "elements");
    }

    private protected override bool IsNull(ref TDevice device, int index) => _nested(ref device)[index] is null;

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) =>
        _description.Save(ref _nested(ref device)[index], saver, _description.Version);

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader) =>
        _description.Load(ref _nested(ref device)[index], ref loader, _description.Version);
}
