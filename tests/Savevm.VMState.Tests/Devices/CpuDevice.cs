using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMStateSubsection("cpu/poll_control_msr", Version = 1, Needed = nameof(NeedsPollControlMsr))]
[VMStateSubsection("cpu/msr_smi_count", Version = 1, Needed = nameof(NeedsMsrSmiCount))]
[VMState("cpu", Version = 12)]
internal sealed partial class CpuDevice
{
    [VMStateArray(16, Name = "env.regs")]
    internal readonly ulong[] EnvRegs = new ulong[16];

    [VMStateField(Name = "env.eip")]
    internal ulong EnvEip;

    [VMStateField(Name = "env.eflags")]
    internal ulong EnvEflags;

    [VMStateField(Name = "env.hflags")]
    internal uint EnvHflags;

    [VMStateField(Name = "env.fpuc")]
    internal ushort EnvFpuc;

    [VMStateField(Name = "env.fpus_vmstate")]
    internal ushort EnvFpusVmstate;

    [VMStateField(Name = "env.fptag_vmstate")]
    internal ushort EnvFptagVmstate;

    [VMStateField(Name = "env.fpregs_format_vmstate")]
    internal ushort EnvFpregsFormatVmstate;

    [VMStateArray(8, Name = "env.fpregs")]
    internal FpRegister[] EnvFpregs = [.. Enumerable.Range(0, 8).Select(_ => new FpRegister())];

    [VMStateArray(6, Name = "env.segs")]
    internal Segment[] EnvSegs = [.. Enumerable.Range(0, 6).Select(_ => new Segment())];

    [VMStateField(Name = "env.ldt")]
    internal Segment EnvLdt = new();

    [VMStateField(Name = "env.tr")]
    internal Segment EnvTr = new();

    [VMStateField(Name = "env.gdt")]
    internal Segment EnvGdt = new();

    [VMStateField(Name = "env.idt")]
    internal Segment EnvIdt = new();

    [VMStateField(Name = "env.sysenter_cs")]
    internal uint EnvSysenterCs;

    [VMStateField(Name = "env.sysenter_esp")]
    internal ulong EnvSysenterEsp;

    [VMStateField(Name = "env.sysenter_eip")]
    internal ulong EnvSysenterEip;

    [VMStateField(Name = "env.cr[0]")]
    internal ulong EnvCr0;

    [VMStateField(Name = "env.cr[2]")]
    internal ulong EnvCr2;

    [VMStateField(Name = "env.cr[3]")]
    internal ulong EnvCr3;

    [VMStateField(Name = "env.cr[4]")]
    internal ulong EnvCr4;

    [VMStateArray(8, Name = "env.dr")]
    internal readonly ulong[] EnvDr = new ulong[8];

    [VMStateField(Name = "env.a20_mask")]
    internal int EnvA20Mask;

    [VMStateField(Name = "env.mxcsr")]
    internal uint EnvMxcsr;

    [VMStateArray(16, Name = "env.xmm_regs")]
    internal XmmRegister[] EnvXmmRegs0 = [.. Enumerable.Range(0, 16).Select(_ => new XmmRegister())];

    [VMStateField(Name = "env.efer")]
    internal ulong EnvEfer;

    [VMStateField(Name = "env.star")]
    internal ulong EnvStar;

    [VMStateField(Name = "env.lstar")]
    internal ulong EnvLstar;

    [VMStateField(Name = "env.cstar")]
    internal ulong EnvCstar;

    [VMStateField(Name = "env.fmask")]
    internal ulong EnvFmask;

    [VMStateField(Name = "env.kernelgsbase")]
    internal ulong EnvKernelgsbase;

    [VMStateField(Name = "env.smbase")]
    internal uint EnvSmbase;

    [VMStateField(Name = "env.pat")]
    internal ulong EnvPat;

    [VMStateField(Name = "env.hflags2")]
    internal uint EnvHflags2;

    [VMStateField(Name = "env.vm_hsave")]
    internal ulong EnvVmHsave;

    [VMStateField(Name = "env.vm_vmcb")]
    internal ulong EnvVmVmcb;

    [VMStateField(Name = "env.tsc_offset")]
    internal ulong EnvTscOffset;

    [VMStateField(Name = "env.intercept")]
    internal ulong EnvIntercept;

    [VMStateField(Name = "env.intercept_cr_read")]
    internal ushort EnvInterceptCrRead;

    [VMStateField(Name = "env.intercept_cr_write")]
    internal ushort EnvInterceptCrWrite;

    [VMStateField(Name = "env.intercept_dr_read")]
    internal ushort EnvInterceptDrRead;

    [VMStateField(Name = "env.intercept_dr_write")]
    internal ushort EnvInterceptDrWrite;

    [VMStateField(Name = "env.intercept_exceptions")]
    internal uint EnvInterceptExceptions;

    [VMStateField(Name = "env.v_tpr")]
    internal byte EnvVTpr;

    [VMStateArray(11, Name = "env.mtrr_fixed")]
    internal readonly ulong[] EnvMtrrFixed = new ulong[11];

    [VMStateField(Name = "env.mtrr_deftype")]
    internal ulong EnvMtrrDeftype;

    [VMStateArray(8, Name = "env.mtrr_var")]
    internal MtrrRange[] EnvMtrrVar = [.. Enumerable.Range(0, 8).Select(_ => new MtrrRange())];

    [VMStateField(Name = "env.interrupt_injected")]
    internal int EnvInterruptInjected;

    [VMStateField(Name = "env.mp_state")]
    internal uint EnvMpState;

    [VMStateField(Name = "env.tsc")]
    internal ulong EnvTsc;

    [VMStateField(Name = "env.exception_nr")]
    internal int EnvExceptionNr;

    [VMStateField(Name = "env.soft_interrupt")]
    internal byte EnvSoftInterrupt;

    [VMStateField(Name = "env.nmi_injected")]
    internal byte EnvNmiInjected;

    [VMStateField(Name = "env.nmi_pending")]
    internal byte EnvNmiPending;

    [VMStateField(Name = "env.has_error_code")]
    internal byte EnvHasErrorCode;

    [VMStateField(Name = "env.sipi_vector")]
    internal uint EnvSipiVector;

    [VMStateField(Name = "env.mcg_cap")]
    internal ulong EnvMcgCap;

    [VMStateField(Name = "env.mcg_status")]
    internal ulong EnvMcgStatus;

    [VMStateField(Name = "env.mcg_ctl")]
    internal ulong EnvMcgCtl;

    [VMStateArray(40, Name = "env.mce_banks")]
    internal readonly ulong[] EnvMceBanks = new ulong[40];

    [VMStateField(Name = "env.tsc_aux")]
    internal ulong EnvTscAux;

    [VMStateField(Name = "env.system_time_msr")]
    internal ulong EnvSystemTimeMsr;

    [VMStateField(Name = "env.wall_clock_msr")]
    internal ulong EnvWallClockMsr;

    [VMStateField(Name = "env.xcr0")]
    internal ulong EnvXcr0;

    [VMStateField(Name = "env.xstate_bv")]
    internal ulong EnvXstateBv;

    [VMStateArray(16, Name = "env.xmm_regs")]
    internal YmmRegister[] EnvXmmRegs1 = [.. Enumerable.Range(0, 16).Select(_ => new YmmRegister())];

    [VMStateField(Name = "env.poll_control_msr", Subsection = "cpu/poll_control_msr")]
    internal ulong EnvPollControlMsr;

    [VMStateField(Name = "env.msr_smi_count", Subsection = "cpu/msr_smi_count")]
    internal ulong EnvMsrSmiCount;

    private bool _hasPollControlMsr;

    private bool NeedsPollControlMsr() => _hasPollControlMsr;

    [VMStatePreLoad(Subsection = "cpu/poll_control_msr")]
    private void NotePollControlMsr() => _hasPollControlMsr = true;

    private bool _hasMsrSmiCount;

    private bool NeedsMsrSmiCount() => _hasMsrSmiCount;

    [VMStatePreLoad(Subsection = "cpu/msr_smi_count")]
    private void NoteMsrSmiCount() => _hasMsrSmiCount = true;
}
