using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ioapic", Version = 3, MinimumVersion = 1)]
internal sealed partial class IoApicDevice
{
    [VMStateField(Name = "id")]
    internal byte Id;

    [VMStateUnused(8, Since = 2, Behind = true)]
    [VMStateField(Name = "ioregsel")]
    internal byte Ioregsel;

    [VMStateField(Name = "irr", Since = 2)]
    internal uint Irr;

    [VMStateArray(24, Name = "ioredtbl")]
    internal readonly ulong[] Ioredtbl = new ulong[24];
}
