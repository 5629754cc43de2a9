using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

internal sealed class XhciMsixField : ICustomField<XhciMsix>
{
    public void Save(ref XhciMsix device, WireWriter output) => output.WriteBytes(device.Table);

    public void Load(ref XhciMsix device, scoped ref VMStateLoader loader) => loader.Take(device.Table.Length).CopyTo(device.Table);
}
