using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("fdc", Version = 2)]
internal sealed partial class FloppyState
{
    [VMStateField(Name = "sra")]
    internal byte Sra;

    [VMStateField(Name = "srb")]
    internal byte Srb;

    [VMStateField(Name = "dor_vmstate")]
    internal byte DorVmstate;

    [VMStateField(Name = "tdr")]
    internal byte Tdr;

    [VMStateField(Name = "dsr")]
    internal byte Dsr;

    [VMStateField(Name = "msr")]
    internal byte Msr;

    [VMStateField(Name = "status0")]
    internal byte Status0;

    [VMStateField(Name = "status1")]
    internal byte Status1;

    [VMStateField(Name = "status2")]
    internal byte Status2;

    [VMStateArray(512, Name = "fifo")]
    internal readonly byte[] Fifo = new byte[512];

    [VMStateField(Name = "data_pos")]
    internal uint DataPos;

    [VMStateField(Name = "data_len")]
    internal uint DataLen;

    [VMStateField(Name = "data_state")]
    internal byte DataState;

    [VMStateField(Name = "data_dir")]
    internal byte DataDir;

    [VMStateField(Name = "eot")]
    internal byte Eot;

    [VMStateField(Name = "timer0")]
    internal byte Timer0;

    [VMStateField(Name = "timer1")]
    internal byte Timer1;

    [VMStateField(Name = "precomp_trk")]
    internal byte PrecompTrk;

    [VMStateField(Name = "config")]
    internal byte Config;

    [VMStateField(Name = "lock")]
    internal byte Lock;

    [VMStateField(Name = "pwrd")]
    internal byte Pwrd;

    [VMStateEqual(Name = "num_floppies")]
    internal byte NumFloppies = 2;

    [VMStateArray(2, Name = "drives")]
    internal FloppyDrive[] Drives = [new(), new()];
}
