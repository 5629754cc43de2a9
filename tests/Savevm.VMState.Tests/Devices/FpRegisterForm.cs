using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("fpreg_tmp")]
internal partial struct FpRegisterForm
{
    [VMStateField(Name = "tmp_mant")]
    internal ulong Mantissa;

    [VMStateField(Name = "tmp_exp")]
    internal ushort Exponent;
}
