using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.Fuzz.Targets;

/// <summary>A field that a device writes itself: a length and bytes.</summary>
internal sealed class KindField : ICustomField<KindDevice>
{
    public void Save(ref KindDevice device, WireWriter output)
    {
        output.WriteByte((byte)device.Bytes.Length);
        output.WriteBytes(device.Bytes);
    }

    public void Load(ref KindDevice device, scoped ref VMStateLoader loader) => device.Bytes = loader.Take(loader.TakeByte()).ToArray();
}
