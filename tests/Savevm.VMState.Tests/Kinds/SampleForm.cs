using Savevm.VMState.Descriptions;
using Savevm.VMState.Tests.Descriptions;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Another form of two values: the first one with all bits turned.</summary>
internal sealed class SampleForm : ITemporary<Sample, Part>
{
    public Part Take(ref Sample device) => new() { A = (byte)~device.U8, B = device.U16 };

    public string? Put(ref Sample device, ref Part loaded)
    {
        (device.U8, device.U16) = ((byte)~loaded.A, loaded.B);
        return null;
    }
}
