using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("PS2 Common State", Version = 3, MinimumVersion = 2)]
internal sealed partial class Ps2State
{
    [VMStateField(Name = "write_cmd")]
    internal int WriteCmd;

    [VMStateField(Name = "queue.rptr")]
    internal int QueueRptr;

    [VMStateField(Name = "queue.wptr")]
    internal int QueueWptr;

    [VMStateField(Name = "queue.count")]
    internal int QueueCount;

    [VMStateBuffer(256, Name = "queue.data")]
    internal readonly byte[] QueueData = new byte[256];
}
