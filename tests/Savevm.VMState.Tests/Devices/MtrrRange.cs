using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("mtrr_var", Version = 1)]
internal sealed partial class MtrrRange
{
    [VMStateField(Name = "base")]
    internal ulong Base;

    [VMStateField(Name = "mask")]
    internal ulong Mask;
}
