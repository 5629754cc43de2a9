using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Generator;

/// <summary>A key of a tree, ordered by its two numbers.</summary>
[VMState("all key", Version = 1)]
internal sealed partial class AllKey : IComparable<AllKey>
{
    [VMStateField]
    internal ushort Low;

    [VMStateField]
    internal ushort High;

    public int CompareTo(AllKey? other) => other is null ? 1 : (Low, High).CompareTo((other.Low, other.High));
}
