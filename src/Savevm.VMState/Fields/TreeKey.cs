using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>How the keys of a tree are written.</summary>
internal abstract class TreeKey<TKey>
{
    internal virtual VMStateDescription? Description => null;

    internal abstract void Save(TKey key, VMStateSaver saver);

    internal abstract TKey Load(ref VMStateLoader loader);
}
