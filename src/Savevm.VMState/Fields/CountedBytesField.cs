using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>Bytes behind their number; the array is made when it is loaded.</summary>
internal sealed class CountedBytesField<TDevice>(string name, FieldRef<TDevice, byte[]> value, FieldCondition<TDevice> condition)
    : VMStateField<TDevice>(name, VMStateFieldKind.CountedBytes, condition)
{
    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        byte[] bytes = value(ref device);
        saver.Output.WriteUInt32((uint)CheckCount(bytes.Length, VMStateLimits.MaxBufferBytes));
        saver.Output.WriteBytes(bytes);
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        int count = loader.CheckCount(loader.TakeUInt32(), VMStateLimits.MaxBufferBytes, "bytes");
        value(ref device) = loader.Take(count).ToArray();
    }
}
