using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("cpu_common", Version = 1)]
internal sealed partial class CpuCommonDevice
{
    [VMStateField(Name = "halted")]
    internal uint Halted;

    [VMStateField(Name = "interrupt_request")]
    internal uint InterruptRequest;
}
