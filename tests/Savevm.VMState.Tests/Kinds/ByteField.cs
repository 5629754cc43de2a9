using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>A field of own code: a length and bytes.</summary>
internal sealed class ByteField : ICustomField<ByteKinds>
{
    public void Save(ref ByteKinds device, WireWriter output)
    {
        output.WriteByte((byte)device.Own.Length);
        output.WriteBytes(device.Own);
    }

    public void Load(ref ByteKinds device, scoped ref VMStateLoader loader) => device.Own = loader.Take(loader.TakeByte()).ToArray();
}
