using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>Bytes that once had a meaning: zeros for whoever still reads them.</summary>
internal sealed class UnusedField<TDevice> : VMStateField<TDevice>
{
    private readonly ElementCount<TDevice>? _count;

    internal UnusedField(string name, int bytes, ElementCount<TDevice>? count, FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Unused, condition)
    {
        ElementBytes = bytes;
        _count = count;
        IsArray = count is not null;
        FixedCount = count?.Fixed ?? 1;
        CountField = count?.Field;
    }

    private protected override int CountToSave(ref TDevice device) =>
        _count is null ? 1 : CheckCount(_count.In(ref device), VMStateLimits.MaxContainerElements);

    private protected override int CountToLoad(ref TDevice device, ref VMStateLoader loader) =>
        _count is null ? 1 : loader.CheckCount(_count.In(ref device), VMStateLimits.MaxContainerElements);

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver) =>
        saver.Output.Reserve(ElementBytes).Clear();

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader) => loader.Take(ElementBytes);
}
