using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A condition on what was loaded before it. It has no bytes and no entry in the description.</summary>
internal sealed class ValidationField<TDevice> : VMStateField<TDevice>
{
    private readonly FieldTest<TDevice> _holds;
    private readonly uint _version;

    internal ValidationField(string name, FieldTest<TDevice> holds, uint version)
        : base(name, VMStateFieldKind.Validation, default)
    {
        _holds = holds;
        _version = version;
        IsConditional = true;
    }

    // No elements, so no entry: the condition is asked where they are counted.
    private protected override int CountToSave(ref TDevice device) =>
        _holds(ref device, _version) ? 0 : throw new VMStateSaveException(Name, "the condition does not hold");

    private protected override int CountToLoad(ref TDevice device, ref VMStateLoader loader) =>
        _holds(ref device, _version) ? 0 : throw loader.Error("a state that meets the condition", "one that does not");

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
    }
}
