namespace Savevm.VMState.Tests.Devices;

/// <summary>What the oldest part of a virtio state says of a queue.</summary>
internal struct VirtioQueue
{
    internal uint Number;
    internal ulong Descriptors;
    internal ushort LastAvailable;
    internal ushort Vector;
}
