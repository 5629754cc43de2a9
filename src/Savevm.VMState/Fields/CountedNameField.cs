using System.Globalization;
using System.Text;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A name behind its length: printable ASCII, at most 255 bytes.</summary>
internal sealed class CountedNameField<TDevice>(string name, FieldRef<TDevice, string> value, FieldCondition<TDevice> condition)
    : VMStateField<TDevice>(name, VMStateFieldKind.CountedName, condition)
{
    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        string text = value(ref device);
        if (text.Length > VMStateLimits.MaxNameBytes || !IsPrintable(text))
            throw new VMStateSaveException(Name, "a name that is longer than 255 bytes or not printable ASCII");
        saver.Output.WriteByte((byte)text.Length);
        Encoding.ASCII.GetBytes(text, saver.Output.Reserve(text.Length));
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        int length = loader.TakeByte();
        string text = Encoding.Latin1.GetString(loader.Take(length));
        if (!IsPrintable(text))
            throw loader.Error(length, "printable ASCII", string.Create(CultureInfo.InvariantCulture, $"{length} bytes that are not"));
        value(ref device) = text;
    }

    private static bool IsPrintable(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;
}
