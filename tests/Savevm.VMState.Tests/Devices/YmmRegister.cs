using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ymmh_reg", Version = 1)]
internal sealed partial class YmmRegister
{
    [VMStateField(Name = "_q_ZMMReg[2]")]
    internal ulong QZMMReg2;

    [VMStateField(Name = "_q_ZMMReg[3]")]
    internal ulong QZMMReg3;
}
