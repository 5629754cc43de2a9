using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

/// <summary>The four interrupt lines, each 0 or 1.</summary>
internal sealed class PciIrqField : ICustomField<PciDevice>
{
    public void Save(ref PciDevice device, WireWriter output)
    {
        foreach (uint level in device.IrqState)
            output.WriteUInt32(level);
    }

    public void Load(ref PciDevice device, scoped ref VMStateLoader loader)
    {
        foreach (ref uint level in device.IrqState.AsSpan())
        {
            level = loader.TakeUInt32();
            if (level > 1)
                throw loader.Error(sizeof(uint), "0 or 1", level.ToString(CultureInfo.InvariantCulture));
        }
    }
}
