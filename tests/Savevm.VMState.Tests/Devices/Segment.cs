using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("segment", Version = 1)]
internal sealed partial class Segment
{
    [VMStateField(Name = "selector")]
    internal uint Selector;

    [VMStateField(Name = "base")]
    internal ulong Base;

    [VMStateField(Name = "limit")]
    internal uint Limit;

    [VMStateField(Name = "flags")]
    internal uint Flags;
}
