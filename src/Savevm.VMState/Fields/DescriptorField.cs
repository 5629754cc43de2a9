using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A descriptor that travels beside the bytes; in them a blank stands where it belongs.</summary>
internal sealed class DescriptorField<TDevice>(string name, FieldRef<TDevice, int> value, FieldCondition<TDevice> condition)
    : VMStateField<TDevice>(name, VMStateFieldKind.Descriptor, condition)
{
    private const byte Mark = 0x20;

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        int descriptor = value(ref device);
        if (descriptor < 0)
            throw new VMStateSaveException(Name, "a descriptor that is not open");
        saver.Output.WriteByte(Mark);
        saver.Add(descriptor);
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        byte mark = loader.TakeByte();
        if (mark != Mark)
            throw loader.Error(1, "0x20, the mark of a descriptor", string.Create(CultureInfo.InvariantCulture, $"0x{mark:x2}"));
        value(ref device) = loader.TakeDescriptor();
    }
}
