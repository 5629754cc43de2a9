using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Generator;

[VMState("wide part", Version = 1)]
internal partial struct WidePart
{
    [VMStateField]
    internal byte A;

    [VMStateField]
    internal ulong B;
}
