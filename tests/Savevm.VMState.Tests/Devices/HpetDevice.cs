using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

/// <summary>As many timers as the state says, up to the 32 that there can be.</summary>
[VMState("hpet", Version = 2, MinimumVersion = 1)]
internal sealed partial class HpetDevice
{
    [VMStateField(Name = "config")]
    internal ulong Config;

    [VMStateField(Name = "isr")]
    internal ulong Isr;

    [VMStateField(Name = "hpet_counter")]
    internal ulong HpetCounter;

    [VMStateField(Name = "num_timers_save", Since = 2)]
    internal byte NumTimers;

    [VMStateArray(CountField = nameof(NumTimers), Name = "timer")]
    internal HpetTimer[] Timers = [.. Enumerable.Range(0, 32).Select(_ => new HpetTimer())];
}
