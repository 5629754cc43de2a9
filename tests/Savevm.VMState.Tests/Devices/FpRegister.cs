using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

/// <summary>A register of 80 bits, which is saved as its two parts.</summary>
[VMState("fpreg")]
internal sealed partial class FpRegister
{
    [VMStateTemporary(typeof(FpRegisterParts), Name = "tmp")]
    internal UInt128 Value;
}
