using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("xhci-intr", Version = 1)]
internal sealed partial class XhciInterrupter
{
    [VMStateField(Name = "iman")]
    internal uint Iman;

    [VMStateField(Name = "imod")]
    internal uint Imod;

    [VMStateField(Name = "erstsz")]
    internal uint Erstsz;

    [VMStateField(Name = "erstba_low")]
    internal uint ErstbaLow;

    [VMStateField(Name = "erstba_high")]
    internal uint ErstbaHigh;

    [VMStateField(Name = "erdp_low")]
    internal uint ErdpLow;

    [VMStateField(Name = "erdp_high")]
    internal uint ErdpHigh;

    [VMStateField(Name = "msix_used")]
    internal bool MsixUsed;

    [VMStateField(Name = "er_pcs")]
    internal bool ErPcs;

    [VMStateField(Name = "er_start")]
    internal ulong ErStart;

    [VMStateField(Name = "er_size")]
    internal uint ErSize;

    [VMStateField(Name = "er_ep_idx")]
    internal uint ErEpIdx;

    [VMStateField(Name = "er_full_unused")]
    internal bool ErFullUnused;

    // Events that wait while the ring is full: not in these states.
    [VMStateField(Name = "ev_buffer_put", When = nameof(IsFull))]
    internal uint EvBufferPut;

    private bool IsFull() => ErFullUnused;
}
