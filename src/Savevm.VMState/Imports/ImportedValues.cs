using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Imports;

/// <summary>A field of bytes, or an array of them, of a description that came from a stream.</summary>
internal sealed class ImportedValues : VMStateField<FieldBag>
{
    private readonly string _path;
    private readonly int _count;

    internal ImportedValues(string name, string typeName, int size, int? count, bool isUniform, string path)
        : base(name, VMStateFieldKindTable.Find(typeName)?.Kind ?? VMStateFieldKind.Custom, default)
    {
        _path = path;
        _count = count ?? 1;
        TypeName = typeName;
        ElementBytes = size;
        IsArray = count is not null;
        FixedCount = _count;
        IsConditional = !isUniform;
    }

    private protected override bool KeepsName => true;

    private protected override int CountToSave(ref FieldBag device)
    {
        if (!device.Values.ContainsKey(_path))
            throw new VMStateSaveException(Name, $"'{_path}' was never loaded");
        return _count;
    }

    private protected override int CountToLoad(ref FieldBag device, ref VMStateLoader loader)
    {
        // The description may claim any number: memory is reserved for what is there.
        long bytes = (long)_count * ElementBytes;
        if (bytes > loader.Remaining)
            throw loader.Error($"{bytes} bytes", $"{loader.Remaining}, where the section ends");
        _ = device.Room(_path, (int)bytes);
        return _count;
    }

    private protected override void SaveElement(ref FieldBag device, int index, VMStateSaver saver) =>
        saver.Output.WriteBytes(device.Values[_path].AsSpan(index * ElementBytes, ElementBytes));

    private protected override void LoadElement(ref FieldBag device, int index, ref VMStateLoader loader) =>
        loader.Take(ElementBytes).CopyTo(device.Values[_path].AsSpan(index * ElementBytes));
}
