using System.Globalization;
using System.Runtime.InteropServices;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A queue or a list: a mark before each element and one behind the last.</summary>
internal sealed class QueueField<TDevice, TElement> : VMStateField<TDevice>
{
    private readonly FieldRef<TDevice, List<TElement>> _elements;
    private readonly VMStateDescription<TElement> _description;
    private readonly Func<TElement> _create;
    private readonly uint _version;

    internal QueueField(
        string name,
        VMStateFieldKind kind,
        FieldRef<TDevice, List<TElement>> elements,
        VMStateDescription<TElement> description,
        Func<TElement> create,
        uint? elementVersion,
        FieldCondition<TDevice> condition)
        : base(name, kind, condition)
    {
        _elements = elements;
        _description = description;
        _create = create;
        _version = elementVersion ?? description.Version;
        Nested = description;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        foreach (ref TElement element in CollectionsMarshal.AsSpan(_elements(ref device)))
        {
            saver.Output.WriteByte(1);
            _description.Save(ref element, saver, _description.Version);
        }
        saver.Output.WriteByte(0);
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        List<TElement> elements = _elements(ref device);
        elements.Clear();
        while (loader.TakeByte() != 0)
        {
            if (elements.Count == VMStateLimits.MaxContainerElements)
                throw loader.Error(1, $"at most {VMStateLimits.MaxContainerElements} elements", "one more");
            TElement element = _create();
            try
            {
                _description.Load(ref element, ref loader, _version);
            }
            catch (VMStateLoadException exception)
                when (exception.In(elements.Count.ToString(CultureInfo.InvariantCulture), null))
            {
                throw;
            }
            elements.Add(element);
        }
    }
}
