using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("timer", Version = 2, MinimumVersion = 1)]
internal sealed partial class TimerDevice
{
    [VMStateUnused(8, Behind = true)]
    [VMStateField(Name = "cpu_ticks_offset")]
    internal long CpuTicksOffset;

    [VMStateField(Name = "cpu_clock_offset")]
    internal long CpuClockOffset;
}
