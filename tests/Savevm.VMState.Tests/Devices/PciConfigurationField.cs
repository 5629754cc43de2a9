using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

/// <summary>Configuration space: bytes as they are.</summary>
internal sealed class PciConfigurationField : ICustomField<PciDevice>
{
    public void Save(ref PciDevice device, WireWriter output) => output.WriteBytes(device.Configuration);

    public void Load(ref PciDevice device, scoped ref VMStateLoader loader) =>
        loader.Take(device.Configuration.Length).CopyTo(device.Configuration);
}
