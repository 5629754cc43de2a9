using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Compat;

/// <summary>The same device after a change that nobody should make: a field is wider than in the states that were saved.</summary>
[VMState("fuse", Version = 2, MinimumVersion = 1)]
internal sealed partial class WiderFuseDevice
{
    [VMStateField]
    internal ulong Control;

    [VMStateArray(2)]
    internal readonly ushort[] Ratings = new ushort[2];

    [VMStateField(Since = 2)]
    internal byte Mode;
}
