using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMStateSubsection("fw_cfg/dma")]
[VMStateSubsection("fw_cfg/acpi_mr", Version = 1)]
[VMState("fw_cfg", Version = 2, MinimumVersion = 1)]
internal sealed partial class FirmwareConfigurationDevice
{
    [VMStateField(Name = "cur_entry")]
    internal ushort CurEntry;

    // Older states had it in two bytes.
    [VMStateField(Name = "cur_offset", When = nameof(IsOld))]
    internal ushort OldOffset;

    [VMStateField(Name = "cur_offset", Since = 2)]
    internal uint CurOffset;

    [VMStateField(Name = "dma_addr", Subsection = "fw_cfg/dma")]
    internal ulong DmaAddr;

    [VMStateField(Name = "table_mr_size", Subsection = "fw_cfg/acpi_mr")]
    internal ulong TableMrSize;

    [VMStateField(Name = "linker_mr_size", Subsection = "fw_cfg/acpi_mr")]
    internal ulong LinkerMrSize;

    [VMStateField(Name = "rsdp_mr_size", Subsection = "fw_cfg/acpi_mr")]
    internal ulong RsdpMrSize;

    private bool IsOld(uint version) => version < 2 && CurOffset == 0;
}
