using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A structure that is made of the device when it is saved and put back into it when it is loaded: another form of its values.</summary>
internal sealed class TemporaryField<TDevice, TTemporary> : VMStateField<TDevice>
{
    private readonly VMStateDescription<TTemporary> _description;
    private readonly ITemporary<TDevice, TTemporary> _form;

    internal TemporaryField(
        string name, VMStateDescription<TTemporary> description, ITemporary<TDevice, TTemporary> form, FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Temporary, condition)
    {
        _description = description;
        _form = form;
        Nested = description;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        TTemporary temporary = _form.Take(ref device);
        _description.Save(ref temporary, saver, _description.Version);
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        TTemporary temporary = _form.Take(ref device);
        _description.Load(ref temporary, ref loader, _description.Version);
        if (_form.Put(ref device, ref temporary) is { } reason)
            throw loader.Error("values that the device takes", $"refusal: {reason}");
    }
}
