using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Tests.Descriptions;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>A field of own code: two bytes, the lower one first.</summary>
internal sealed class SampleField : ICustomField<Sample>
{
    public void Save(ref Sample device, WireWriter output)
    {
        output.WriteByte((byte)device.U16);
        output.WriteByte((byte)(device.U16 >> 8));
    }

    public void Load(ref Sample device, scoped ref VMStateLoader loader) =>
        device.U16 = (ushort)(loader.TakeByte() | (loader.TakeByte() << 8));
}
