using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>Bytes that once had a meaning: zeros for whoever still reads them.</summary>
internal sealed class UnusedField<TDevice> : VMStateField<TDevice>
{
    internal UnusedField(string name, int bytes, FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Unused, condition)
    {
        ElementBytes = bytes;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) =>
        saver.Output.Reserve(ElementBytes).Clear();

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader) => loader.Take(ElementBytes);
}
