using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>Keys that are numbers: eight bytes, big-endian.</summary>
internal sealed class NumberTreeKey : TreeKey<ulong>
{
    internal override void Save(ulong key, VMStateSaver saver) => saver.Output.WriteUInt64(key);

    internal override ulong Load(ref VMStateLoader loader) => loader.TakeUInt64();
}
