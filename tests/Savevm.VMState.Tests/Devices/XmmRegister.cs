using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("xmm_reg", Version = 1)]
internal sealed partial class XmmRegister
{
    [VMStateField(Name = "_q_ZMMReg[0]")]
    internal ulong QZMMReg0;

    [VMStateField(Name = "_q_ZMMReg[1]")]
    internal ulong QZMMReg1;
}
