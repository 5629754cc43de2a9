using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>An array of plain values.</summary>
internal sealed class ArrayField<TDevice, TValue, TScalar> : VMStateField<TDevice>
    where TScalar : struct, IScalar<TValue>
{
    private readonly FieldSpan<TDevice, TValue> _values;
    private readonly ElementCount<TDevice> _count;

    internal ArrayField(
        string name,
        VMStateFieldKind kind,
        FieldSpan<TDevice, TValue> values,
        ElementCount<TDevice> count,
        FieldCondition<TDevice> condition)
        : base(name, kind, condition)
    {
        _values = values;
        _count = count;
        IsArray = true;
        FixedCount = count.Fixed;
        CountField = count.Field;
    }

    private protected override int CountToSave(ref TDevice device) => CheckCount(_count.In(ref device), _values(ref device).Length);

    internal override ElementCount<TDevice> Counted => _count;

    private protected override int CountToLoad(ref TDevice device, ref VMStateLoader loader)
    {
        _count.MakeRoom(ref device, ref loader, 8 * TScalar.Bytes, "elements");
        return loader.CheckCount(_count.In(ref device), _values(ref device).Length, "elements");
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) =>
        TScalar.Write(saver.Output.Reserve(TScalar.Bytes), _values(ref device)[index]);

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader) =>
        _values(ref device)[index] = TScalar.Read(loader.Take(TScalar.Bytes));
}
