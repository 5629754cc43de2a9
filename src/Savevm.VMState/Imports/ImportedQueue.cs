using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Imports;

/// <summary>A queue or list of a description that came from a stream: with as many elements as it had there.</summary>
internal sealed class ImportedQueue : VMStateField<FieldBag>
{
    private readonly VMStateDescription<FieldBag>[] _elements;

    internal ImportedQueue(string name, VMStateFieldKind kind, IReadOnlyList<VMStateDescription<FieldBag>> elements)
        : base(name, kind, default)
    {
        _elements = [.. elements];
        Nested = _elements.FirstOrDefault();
    }

    private protected override bool KeepsName => true;

    private protected override void SaveElement(ref FieldBag device, int index, VMStateSaver saver)
    {
        foreach (VMStateDescription<FieldBag> element in _elements)
        {
            saver.Output.WriteByte(1);
            element.Save(ref device, saver);
        }
        saver.Output.WriteByte(0);
    }

    private protected override void LoadElement(ref FieldBag device, int index, ref VMStateLoader loader)
    {
        foreach (VMStateDescription<FieldBag> element in _elements)
        {
            RequireMark(ref loader, isElement: true);
            element.Load(ref device, ref loader, element.Version);
        }
        RequireMark(ref loader, isElement: false);
    }

    private void RequireMark(ref VMStateLoader loader, bool isElement)
    {
        byte mark = loader.TakeByte();
        if (mark != 0 != isElement)
            throw loader.Error(1, $"{_elements.Length} elements", string.Create(CultureInfo.InvariantCulture, $"mark 0x{mark:x2}"));
    }
}
