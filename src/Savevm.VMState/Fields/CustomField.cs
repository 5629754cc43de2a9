using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A field of the device's own code, under its own name for its kind.</summary>
internal sealed class CustomField<TDevice> : VMStateField<TDevice>
{
    private readonly ICustomField<TDevice> _code;

    internal CustomField(string name, string typeName, ICustomField<TDevice> code, FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Custom, condition)
    {
        _code = code;
        TypeName = typeName;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) => _code.Save(ref device, saver.Output);

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader) => _code.Load(ref device, ref loader);
}
