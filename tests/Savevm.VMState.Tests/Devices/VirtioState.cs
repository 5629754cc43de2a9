using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

/// <summary>What every virtio device on PCI has. The description is that of the subsections alone: what is before them is older than descriptions.</summary>
[VMState("virtio", Version = 1)]
[VMStateSubsection("virtio/device_endian", Version = 1, Needed = nameof(HasForeignEndian))]
[VMStateSubsection("virtio/64bit_features", Version = 1, Needed = nameof(HasHighFeatures))]
[VMStateSubsection("virtio/virtqueues", Version = 1, Needed = nameof(IsModern))]
[VMStateSubsection("virtio/ringsize", Version = 1, Needed = nameof(HasRingSizes))]
[VMStateSubsection("virtio/broken", Version = 1, Needed = nameof(IsBroken))]
[VMStateSubsection("virtio/extra_state", Version = 1, Needed = nameof(HasTransport))]
[VMStateSubsection("virtio/started", Version = 1, Needed = nameof(IsStarted))]
[VMStateSubsection("virtio/packed_virtqueues", Version = 1, Needed = nameof(IsPacked))]
[VMStateSubsection("virtio/disabled", Version = 1, Needed = nameof(IsDisabled))]
internal sealed partial class VirtioState(int vectors, int configBytes)
{
    internal const int MaxQueues = 1024;

    internal readonly PciDevice Pci = new();
    internal readonly byte[] Msix = new byte[(vectors * 16) + ((vectors + 7) / 8)];
    internal ushort ConfigVector;
    internal byte Status;
    internal byte Isr;
    internal ushort QueueSelect;
    internal uint GuestFeaturesLow;
    internal readonly byte[] Config = new byte[configBytes];
    internal readonly VirtioQueue[] Queues = new VirtioQueue[MaxQueues];
    internal int QueueCount;

    [VMStateField(Name = "device_endian", Subsection = "virtio/device_endian")]
    internal byte DeviceEndian;

    [VMStateField(Name = "guest_features", Subsection = "virtio/64bit_features")]
    internal ulong GuestFeatures;

    [VMStateArray(MaxQueues, Name = "vq", Subsection = "virtio/virtqueues")]
    internal readonly VirtioRing[] Rings = new VirtioRing[MaxQueues];

    [VMStateArray(MaxQueues, Name = "vq", Subsection = "virtio/ringsize")]
    internal readonly uint[] RingSizes = new uint[MaxQueues];

    [VMStateField(Name = "broken", Subsection = "virtio/broken")]
    internal bool Broken;

    [VMStateField(Name = "extra_state", Subsection = "virtio/extra_state")]
    internal VirtioPciTransport Transport = new();

    [VMStateField(Name = "started", Subsection = "virtio/started")]
    internal bool Started;

    [VMStateArray(MaxQueues, Name = "vq", Subsection = "virtio/packed_virtqueues")]
    internal readonly VirtioPackedRing[] PackedRings = new VirtioPackedRing[MaxQueues];

    [VMStateField(Name = "disabled", Subsection = "virtio/disabled")]
    internal bool Disabled;

    private const ulong Modern = 1UL << 32;
    private const ulong Packed = 1UL << 34;

    // What the device offers decides what is saved, not what the guest took of it.
    internal ulong HostFeatures = Modern;

    // Of a PC: a legacy device without an order of its own has that of its machine, 1, and then nothing is saved.
    private bool HasForeignEndian() => DeviceEndian > 1;

    private bool HasHighFeatures() => HostFeatures >> 32 != 0;

    private bool IsModern() => (HostFeatures & Modern) != 0;

    private bool IsPacked() => (HostFeatures & Packed) != 0;

    private bool HasRingSizes() => RingSizes.AsSpan().ContainsAnyExcept(0u);

    private bool IsBroken() => Broken;

    private bool HasTransport() => Transport.Modern;

    private bool IsStarted() => Started;

    private bool IsDisabled() => Disabled;

    [VMStatePreLoad]
    private void Reset()
    {
        // A device that has a modern interface has its state always; a subsection that is absent would not say so.
        Transport.Modern = true;
        GuestFeatures = 0;
        Started = Broken = Disabled = false;
    }
}
