using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("apic", Version = 3)]
internal sealed partial class ApicDevice
{
    [VMStateField(Name = "apicbase")]
    internal uint Apicbase;

    [VMStateField(Name = "id")]
    internal byte Id;

    [VMStateField(Name = "arb_id")]
    internal byte ArbId;

    [VMStateField(Name = "tpr")]
    internal byte Tpr;

    [VMStateField(Name = "spurious_vec")]
    internal uint SpuriousVec;

    [VMStateField(Name = "log_dest")]
    internal byte LogDest;

    [VMStateField(Name = "dest_mode")]
    internal byte DestMode;

    [VMStateArray(8, Name = "isr")]
    internal readonly uint[] Isr = new uint[8];

    [VMStateArray(8, Name = "tmr")]
    internal readonly uint[] Tmr = new uint[8];

    [VMStateArray(8, Name = "irr")]
    internal readonly uint[] Irr = new uint[8];

    [VMStateArray(6, Name = "lvt")]
    internal readonly uint[] Lvt = new uint[6];

    [VMStateField(Name = "esr")]
    internal uint Esr;

    [VMStateArray(2, Name = "icr")]
    internal readonly uint[] Icr = new uint[2];

    [VMStateField(Name = "divide_conf")]
    internal uint DivideConf;

    [VMStateField(Name = "count_shift")]
    internal int CountShift;

    [VMStateField(Name = "initial_count")]
    internal uint InitialCount;

    [VMStateField(Name = "initial_count_load_time")]
    internal long InitialCountLoadTime;

    [VMStateField(Name = "next_time")]
    internal long NextTime;

    [VMStateField(Name = "timer_expiry")]
    internal long TimerExpiry;
}
