using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>A tree, in the order of its keys: a count, then each key and value behind a mark, and a mark at the end.</summary>
internal sealed class TreeField<TDevice, TKey, TElement> : VMStateField<TDevice>
    where TKey : notnull
{
    private readonly FieldRef<TDevice, SortedDictionary<TKey, TElement>> _tree;
    private readonly TreeKey<TKey> _key;
    private readonly VMStateDescription<TElement> _description;
    private readonly Func<TElement> _create;
    private readonly uint _version;

    internal TreeField(
        string name,
        FieldRef<TDevice, SortedDictionary<TKey, TElement>> tree,
        TreeKey<TKey> key,
        VMStateDescription<TElement> description,
        Func<TElement> create,
        uint? elementVersion,
        FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Tree, condition)
    {
        _tree = tree;
        _key = key;
        _description = description;
        _create = create;
        _version = elementVersion ?? description.Version;
        Nested = description;
        NestedKey = key.Description;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        SortedDictionary<TKey, TElement> tree = _tree(ref device);
        saver.Output.WriteUInt32((uint)tree.Count);
        foreach ((TKey key, TElement element) in tree)
        {
            saver.Output.WriteByte(1);
            _key.Save(key, saver);
            TElement saved = element;
            _description.Save(ref saved, saver, _description.Version);
        }
        saver.Output.WriteByte(0);
    }

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        SortedDictionary<TKey, TElement> tree = _tree(ref device);
        tree.Clear();
        int expected = loader.CheckCount(loader.TakeUInt32(), VMStateLimits.MaxContainerElements, "elements");
        int count = 0;
        while (loader.TakeByte() != 0)
        {
            if (count == expected)
                throw loader.Error(1, $"the end behind {expected} elements", "one more");
            try
            {
                TKey key = _key.Load(ref loader);
                TElement element = _create();
                _description.Load(ref element, ref loader, _version);
                if (!tree.TryAdd(key, element))
                    throw loader.Error("keys that differ", $"'{key}' again");
            }
            catch (VMStateLoadException exception) when (exception.In(count.ToString(CultureInfo.InvariantCulture), null))
            {
                throw;
            }
            count++;
        }
        if (count != expected)
            throw loader.Error(1, $"{expected} elements", $"{count}");
    }
}
