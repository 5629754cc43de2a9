using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>An array of pointers whose elements are made when they are loaded: a mark before each says whether it is there.</summary>
internal sealed class MarkedArrayField<TDevice, TNested> : VMStateField<TDevice>
    where TNested : class
{
    private readonly FieldSpan<TDevice, TNested?> _nested;
    private readonly VMStateDescription<TNested> _description;
    private readonly Func<TNested> _create;
    private readonly ElementCount<TDevice> _count;

    internal MarkedArrayField(
        string name,
        FieldSpan<TDevice, TNested?> nested,
        VMStateDescription<TNested> description,
        Func<TNested> create,
        ElementCount<TDevice> count,
        FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Struct, condition)
    {
        _nested = nested;
        _description = description;
        _create = create;
        _count = count;
        Nested = description;
        IsArray = true;
        IsPointerArray = true;
        IsMarked = true;
        FixedCount = count.Fixed;
        CountField = count.Field;
    }

    internal override ElementCount<TDevice> Counted => _count;

    private protected override int CountToSave(ref TDevice device) => CheckCount(_count.In(ref device), _nested(ref device).Length);

    private protected override int CountToLoad(ref TDevice device, ref VMStateLoader loader)
    {
        _count.MakeRoom(ref device, ref loader, 8, "elements");
        return loader.CheckCount(_count.In(ref device), _nested(ref device).Length, "elements");
    }

    private protected override bool IsNull(ref TDevice device, int index) => _nested(ref device)[index] is null;

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        TNested element = _nested(ref device)[index]!;
        _description.Save(ref element, saver, _description.Version);
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        byte mark = loader.TakeByte();
        _nested(ref device)[index] = null;
        if (mark == NullPointerMark)
            return;
        if (mark != PointerMark)
            throw loader.Error(1, "0x30 or 0x31, the mark of a pointer", string.Create(CultureInfo.InvariantCulture, $"0x{mark:x2}"));
        TNested element = _create();
        _description.Load(ref element, ref loader, _description.Version);
        _nested(ref device)[index] = element;
    }
}
