using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>One plain value.</summary>
internal sealed class ScalarField<TDevice, TValue, TScalar>(
    string name, VMStateFieldKind kind, FieldRef<TDevice, TValue> value, FieldCondition<TDevice> condition)
    : VMStateField<TDevice>(name, kind, condition)
    where TScalar : struct, IScalar<TValue>
{
    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) =>
        TScalar.Write(saver.Output.Reserve(TScalar.Bytes), value(ref device));

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader) =>
        value(ref device) = TScalar.Read(loader.Take(TScalar.Bytes));
}
