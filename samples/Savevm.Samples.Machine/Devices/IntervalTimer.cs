using Savevm.VMState.Attributes;

namespace Savevm.Samples.Machine.Devices;

/// <summary>Fires again and again. It fires once for what it missed while nobody looked.</summary>
[VMState("sample-timer", Version = 1)]
internal sealed partial class IntervalTimer(VirtualClock clock) : IPortDevice
{
    private const long ShortestPeriod = 1_000;
    private const long LongestPeriod = 3_600_000_000_000;

    [VMStateField(Name = "now")]
    private long now;

    [VMStateField(Name = "period")]
    private long period;

    [VMStateTimer(Name = "expiry")]
    private long expiry = -1;

    [VMStateField(Name = "fired")]
    private bool fired;

    public ulong Read(int register)
    {
        if (register != Ports.TimerFired - Ports.TimerPeriod || !fired) return 0;
        fired = false;
        return 1;
    }

    public void Write(int register, ulong value)
    {
        if (register != 0) return;
        period = (long)ulong.Clamp(value, ShortestPeriod, LongestPeriod);
        expiry = clock.Now + period;
    }

    public void Advance(int instructions)
    {
        if (expiry < 0 || clock.Now is var time && time < expiry) return;
        fired = true;
        expiry = time + period;
    }

    [VMStatePreSave]
    private void NoteTime() => now = clock.Now;

    [VMStatePostLoad]
    private void SetTime() => clock.Now = now;

    // Sums of the three stay far from the end of the numbers.
    [VMStateValidate("possible numbers")]
    private bool IsPossible() => now >= 0 && now < long.MaxValue / 4 && period is >= 0 and <= LongestPeriod && expiry < long.MaxValue / 4;
}
