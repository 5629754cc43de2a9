using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Imports;

/// <summary>
/// A structure, or an array of them, of a description that came from a stream. Each element has a description of its own: each may have
/// fields and subsections that others have not. Null stands for a null pointer.
/// </summary>
internal sealed class ImportedStructs : VMStateField<FieldBag>
{
    private readonly VMStateDescription<FieldBag>?[] _elements;

    internal ImportedStructs(
        string name, VMStateFieldKind kind, IReadOnlyList<VMStateDescription<FieldBag>?> elements, bool isArray, bool isUniform)
        : base(name, kind, default)
    {
        _elements = [.. elements];
        Nested = Array.Find(_elements, element => element is not null);
        IsArray = isArray;
        IsPointerArray = Array.Exists(_elements, element => element is null);
        FixedCount = _elements.Length;
        IsConditional = !isUniform;
    }

    private protected override bool KeepsName => true;

    private protected override int CountToSave(ref FieldBag device) => _elements.Length;

    private protected override int CountToLoad(ref FieldBag device, ref VMStateLoader loader) => _elements.Length;

    private protected override bool IsNull(ref FieldBag device, int index) => _elements[index] is null;

    private protected override void SaveElement(ref FieldBag device, int index, VMStateSaver saver) =>
        _elements[index]!.Save(ref device, saver);

    private protected override void LoadElement(ref FieldBag device, int index, ref VMStateLoader loader) =>
        _elements[index]!.Load(ref device, ref loader, _elements[index]!.Version);
}
