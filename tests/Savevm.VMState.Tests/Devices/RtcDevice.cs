using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("mc146818rtc", Version = 3, MinimumVersion = 1)]
internal sealed partial class RtcDevice
{
    [VMStateBuffer(128, Name = "cmos_data")]
    internal readonly byte[] CmosData = new byte[128];

    [VMStateUnused(28, Behind = true)]
    [VMStateField(Name = "cmos_index")]
    internal byte CmosIndex;

    [VMStateTimer(Name = "periodic_timer")]
    internal long PeriodicTimer;

    [VMStateUnused(24, Behind = true)]
    [VMStateField(Name = "next_periodic_time")]
    internal long NextPeriodicTime;

    [VMStateField(Name = "irq_coalesced", Since = 2)]
    internal uint IrqCoalesced;

    [VMStateField(Name = "period", Since = 2)]
    internal uint Period;

    [VMStateField(Name = "base_rtc", Since = 3)]
    internal ulong BaseRtc;

    [VMStateField(Name = "last_update", Since = 3)]
    internal ulong LastUpdate;

    [VMStateField(Name = "offset", Since = 3)]
    internal long Offset;

    [VMStateTimer(Name = "update_timer", Since = 3)]
    internal long UpdateTimer;

    [VMStateField(Name = "next_alarm_time", Since = 3)]
    internal ulong NextAlarmTime;
}
