using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ahci port", Version = 1, MinimumVersion = 0)]
internal sealed partial class AhciPort
{
    [VMStateField(Name = "port", Since = 1)]
    internal IdeBus Port = new();

    [VMStateField(Name = "port.ifs[0]", Since = 1)]
    internal IdeDrive PortIfs0 = new();

    [VMStateField(Name = "port_state")]
    internal uint PortState;

    [VMStateField(Name = "finished")]
    internal uint Finished;

    [VMStateField(Name = "port_regs.lst_addr")]
    internal uint PortRegsLstAddr;

    [VMStateField(Name = "port_regs.lst_addr_hi")]
    internal uint PortRegsLstAddrHi;

    [VMStateField(Name = "port_regs.fis_addr")]
    internal uint PortRegsFisAddr;

    [VMStateField(Name = "port_regs.fis_addr_hi")]
    internal uint PortRegsFisAddrHi;

    [VMStateField(Name = "port_regs.irq_stat")]
    internal uint PortRegsIrqStat;

    [VMStateField(Name = "port_regs.irq_mask")]
    internal uint PortRegsIrqMask;

    [VMStateField(Name = "port_regs.cmd")]
    internal uint PortRegsCmd;

    [VMStateField(Name = "port_regs.tfdata")]
    internal uint PortRegsTfdata;

    [VMStateField(Name = "port_regs.sig")]
    internal uint PortRegsSig;

    [VMStateField(Name = "port_regs.scr_stat")]
    internal uint PortRegsScrStat;

    [VMStateField(Name = "port_regs.scr_ctl")]
    internal uint PortRegsScrCtl;

    [VMStateField(Name = "port_regs.scr_err")]
    internal uint PortRegsScrErr;

    [VMStateField(Name = "port_regs.scr_act")]
    internal uint PortRegsScrAct;

    [VMStateField(Name = "port_regs.cmd_issue")]
    internal uint PortRegsCmdIssue;

    [VMStateField(Name = "done_first_drq")]
    internal bool DoneFirstDrq;

    [VMStateField(Name = "busy_slot")]
    internal int BusySlot;

    [VMStateField(Name = "init_d2h_sent")]
    internal bool InitD2hSent;

    [VMStateArray(32, Name = "ncq_tfs", Since = 1)]
    internal NcqState[] NcqTfs = [.. Enumerable.Range(0, 32).Select(_ => new NcqState())];
}
