using Savevm.VMState.Descriptions;

namespace Savevm.VMState.Tests.Devices;

/// <summary>Takes a device together with its description, whatever its type is.</summary>
internal interface IDeviceVisitor
{
    void Visit<TDevice>(VMStateDescription<TDevice> description, TDevice device);
}
