using Savevm.VMState.Descriptions;

namespace Savevm.Fuzz.Targets;

/// <summary>A device as a form of itself, which does not take every value.</summary>
internal sealed class KindForm : ITemporary<KindDevice, KindDevice>
{
    public KindDevice Take(ref KindDevice device) => new() { U8 = device.U8, U16 = device.U16 };

    public string? Put(ref KindDevice device, ref KindDevice loaded)
    {
        (device.U8, device.U16) = (loaded.U8, loaded.U16);
        return loaded.U8 == 0xff ? "no such value" : null;
    }
}
