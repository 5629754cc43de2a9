using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("virtio-net-device", Version = 11)]
internal sealed partial class VirtioNetState
{
    internal ulong Features;

    [VMStateBuffer(6, Name = "mac")]
    internal readonly byte[] Mac = new byte[6];

    [VMStateField(Name = "vqs.tx_waiting")]
    internal uint TransmitWaiting;

    [VMStateField(Name = "mergeable_rx_bufs")]
    internal uint MergeableReceiveBuffers;

    [VMStateField(Name = "status")]
    internal ushort Status;

    [VMStateField(Name = "promisc")]
    internal byte Promiscuous;

    [VMStateField(Name = "allmulti")]
    internal byte AllMulticast;

    [VMStateField(Name = "mac_table.in_use")]
    internal uint Addresses;

    [VMStateBuffer(CountField = nameof(Addresses), Factor = 6, Name = "mac_table.macs")]
    internal readonly byte[] AddressTable = new byte[64 * 6];

    [VMStateBuffer(4096 / 8, Name = "vlans")]
    internal readonly byte[] Vlans = new byte[4096 / 8];

    [VMStateField(Name = "has_vnet_hdr")]
    internal uint HasHeader;

    [VMStateField(Name = "mac_table.multi_overflow")]
    internal byte MulticastOverflow;

    [VMStateField(Name = "mac_table.uni_overflow")]
    internal byte UnicastOverflow;

    [VMStateField(Name = "alluni")]
    internal byte AllUnicast;

    [VMStateField(Name = "nomulti")]
    internal byte NoMulticast;

    [VMStateField(Name = "nouni")]
    internal byte NoUnicast;

    [VMStateField(Name = "nobcast")]
    internal byte NoBroadcast;

    [VMStateField(Name = "has_ufo")]
    internal byte HasFragmentation;

    [VMStateField(Name = "curr_guest_offloads", When = nameof(HasOffloads))]
    internal ulong Offloads;

    private bool HasOffloads() => (Features & (1 << 2)) != 0;
}
