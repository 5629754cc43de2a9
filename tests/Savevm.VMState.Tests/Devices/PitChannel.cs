using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("pit channel", Version = 2)]
internal sealed partial class PitChannel
{
    [VMStateField(Name = "count")]
    internal int Count;

    [VMStateField(Name = "latched_count")]
    internal ushort LatchedCount;

    [VMStateField(Name = "count_latched")]
    internal byte CountLatched;

    [VMStateField(Name = "status_latched")]
    internal byte StatusLatched;

    [VMStateField(Name = "status")]
    internal byte Status;

    [VMStateField(Name = "read_state")]
    internal byte ReadState;

    [VMStateField(Name = "write_state")]
    internal byte WriteState;

    [VMStateField(Name = "write_latch")]
    internal byte WriteLatch;

    [VMStateField(Name = "rw_mode")]
    internal byte RwMode;

    [VMStateField(Name = "mode")]
    internal byte Mode;

    [VMStateField(Name = "bcd")]
    internal byte Bcd;

    [VMStateField(Name = "gate")]
    internal byte Gate;

    [VMStateField(Name = "count_load_time")]
    internal long CountLoadTime;

    [VMStateField(Name = "next_transition_time")]
    internal long NextTransitionTime;
}
