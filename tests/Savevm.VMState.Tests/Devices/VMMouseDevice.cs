using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("vmmouse", Version = 0)]
internal sealed partial class VMMouseDevice
{
    [VMStateEqual(Name = "queue_size")]
    internal int QueueSize = 1024;

    [VMStateArray(1024, Name = "queue")]
    internal readonly uint[] Queue = new uint[1024];

    [VMStateField(Name = "nb_queue")]
    internal ushort NbQueue;

    [VMStateField(Name = "status")]
    internal ushort Status;

    [VMStateField(Name = "absolute")]
    internal byte Absolute;
}
