using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMStateSubsection("pckbd/extended_state")]
[VMState("pckbd", Version = 3)]
internal sealed partial class KeyboardControllerState
{
    [VMStateField(Name = "write_cmd")]
    internal byte WriteCmd;

    [VMStateField(Name = "status")]
    internal byte Status;

    [VMStateField(Name = "mode")]
    internal byte Mode;

    [VMStateField(Name = "pending_tmp")]
    internal byte PendingTmp;

    [VMStateField(Name = "migration_flags", Subsection = Extended)]
    internal uint MigrationFlags;

    [VMStateField(Name = "obsrc", Subsection = Extended)]
    internal uint Obsrc;

    [VMStateField(Name = "obdata", Subsection = Extended)]
    internal byte Obdata;

    [VMStateField(Name = "cbdata", Subsection = Extended)]
    internal byte Cbdata;

    private const string Extended = "pckbd/extended_state";
}
