using Savevm.VMState.Descriptions;
using Savevm.VMState.Tests.Generator;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>A number in two parts.</summary>
internal sealed class StructureForm : ITemporary<StructureKinds, WidePart>
{
    public WidePart Take(ref StructureKinds device) => new() { A = (byte)device.Number, B = device.Number >> 8 };

    public string? Put(ref StructureKinds device, ref WidePart loaded)
    {
        device.Number = (loaded.B << 8) | loaded.A;
        return null;
    }
}
