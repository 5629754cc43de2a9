using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Compat;

/// <summary>A device of which three releases have left samples: 1.0 with version 1, 1.1 with the subsection, 2.0 with version 2.</summary>
[VMState("fuse", Version = 2, MinimumVersion = 1)]
[VMStateSubsection("fuse/blown", Needed = nameof(IsBlown))]
internal sealed partial class FuseDevice
{
    [VMStateField]
    internal uint Control;

    [VMStateArray(2)]
    internal readonly ushort[] Ratings = new ushort[2];

    [VMStateField(Since = 2)]
    internal byte Mode = 7;

    [VMStateField(Subsection = "fuse/blown")]
    internal byte Blown;

    private bool IsBlown() => Blown != 0;
}
