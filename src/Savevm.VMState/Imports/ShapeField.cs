using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Imports;

/// <summary>A field of which a dump tells the shape: it can be compared, and neither saved nor loaded.</summary>
internal sealed class ShapeField : VMStateField<FieldBag>
{
    internal ShapeField(string name, int size, int? count, VMStateDescription<FieldBag>? nested, FieldCondition<FieldBag> condition)
        : base(name, nested is null ? VMStateFieldKind.Unknown : VMStateFieldKind.Struct, condition)
    {
        // What QEMU tells of a structure is its size in memory, which is nothing to the wire.
        ElementBytes = nested is null ? size : 0;
        IsArray = count is not null;
        FixedCount = count ?? 1;
        Nested = nested;
    }

    private protected override void SaveElement(ref FieldBag device, int index, VMStateSaver saver) =>
        throw new VMStateSaveException(Name, "its description came from a dump, which does not tell how it is written");

    private protected override void LoadElement(ref FieldBag device, int index, ref VMStateLoader loader) =>
        throw loader.Error("a description that tells how it is written", "one from a dump, of shapes only");
}
