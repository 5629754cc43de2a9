using System.Numerics;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A number that a loader must have already: how many channels a device was built with, and the like.</summary>
internal sealed class EqualField<TDevice, TValue>(
    string name, VMStateFieldKind kind, FieldRef<TDevice, TValue> value, FieldCondition<TDevice> condition, string? hint = null)
    : VMStateField<TDevice>(name, kind, condition)
    where TValue : unmanaged, IBinaryInteger<TValue>, IMinMaxValue<TValue>
{
    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) =>
        IntegerScalar<TValue>.Write(saver.Output.Reserve(IntegerScalar<TValue>.Bytes), value(ref device));

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        TValue found = IntegerScalar<TValue>.Read(loader.Take(IntegerScalar<TValue>.Bytes));
        ref TValue own = ref value(ref device);
        if (Kind == VMStateFieldKind.Int32LessOrEqual)
        {
            if (found < TValue.Zero || found > own)
                throw loader.Error(IntegerScalar<TValue>.Bytes, $"0 to {own}", $"{found}");
            own = found;
        }
        else if (found != own)
        {
            throw loader.Error(IntegerScalar<TValue>.Bytes, $"{own}, as this device has it", hint is null ? $"{found}" : $"{found} ({hint})");
        }
    }
}
