using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Generator;

[VMState("all box", Version = 1)]
internal sealed partial class AllBox
{
    [VMStateField]
    internal byte A;
}
