using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>Keys with a description of their own.</summary>
internal sealed class DescribedTreeKey<TKey>(VMStateDescription<TKey> description, Func<TKey> create) : TreeKey<TKey>
{
    internal override VMStateDescription? Description => description;

    internal override void Save(TKey key, VMStateSaver saver) => description.Save(ref key, saver, description.Version);

    internal override TKey Load(ref VMStateLoader loader)
    {
        TKey key = create();
        description.Load(ref key, ref loader, description.Version);
        return key;
    }
}
