using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("acpi_build", Version = 1)]
internal sealed partial class AcpiBuildDevice
{
    [VMStateField(Name = "patched")]
    internal byte Patched;
}
