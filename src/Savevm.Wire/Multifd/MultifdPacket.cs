using System.Buffers.Binary;

namespace Savevm.Wire.Multifd;

/// <summary>The head of one packet. It points into the window that was read.</summary>
public readonly ref struct MultifdPacket
{
    /// <summary>Most pages of one packet, for target pages of 4096 bytes.</summary>
    public const int MaxPages = 128;

    private readonly ReadOnlySpan<byte> _addresses;

    internal MultifdPacket(
        MultifdFlags flags, MultifdCompression compression, ulong number, uint announcedBytes, int payloadBytes, ReadOnlySpan<byte> name)
    {
        Flags = flags;
        Compression = compression;
        Number = number;
        AnnouncedBytes = announcedBytes;
        PayloadBytes = payloadBytes;
        Name = name;
    }

    internal MultifdPacket(MultifdPacket head, int allocatedPages, int normalPages, int zeroPages, ReadOnlySpan<byte> addresses)
    {
        this = head;
        AllocatedPages = allocatedPages;
        NormalPages = normalPages;
        ZeroPages = zeroPages;
        _addresses = addresses;
    }

    /// <summary>The flags as they travelled.</summary>
    public MultifdFlags Flags { get; }

    /// <summary>What the payload is.</summary>
    public MultifdCompression Compression { get; }

    /// <summary>Pairs with a mark on the main channel.</summary>
    public bool IsSync => (Flags & MultifdFlags.Sync) != 0;

    /// <summary>The payload is the state of a device; the packet has no pages.</summary>
    public bool IsDeviceState => (Flags & MultifdFlags.DeviceState) != 0;

    /// <summary>Counter over all channels; 0 for a device's state. Gaps within one channel are normal.</summary>
    public ulong Number { get; }

    /// <summary>Slots that the sender has; 128, or 0 in a SYNC packet since QEMU 9.0.</summary>
    public int AllocatedPages { get; }

    /// <summary>Pages in the payload.</summary>
    public int NormalPages { get; }

    /// <summary>Pages of zeros, which have no payload; since QEMU 9.0.</summary>
    public int ZeroPages { get; }

    /// <summary>What the packet says of its payload's length. QEMU up to 8.2 leaves an old number where there is no payload.</summary>
    public uint AnnouncedBytes { get; }

    /// <summary>Bytes that follow the head.</summary>
    public int PayloadBytes { get; }

    /// <summary>The RAM block, or the device: 1 to 255 bytes of printable ASCII; empty where the packet concerns none.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Number among devices of the same name, for a device's state.</summary>
    public uint InstanceId { get; init; }

    /// <summary>
    /// Byte offset in the block of a page with payload, a multiple of 4096 below <see cref="WireLimits.MaxRamBytes"/>. That it lies
    /// inside the block is the caller's check.
    /// </summary>
    public ulong GetNormalAddress(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)NormalPages, nameof(index));
        return GetAddress(index);
    }

    /// <summary>Byte offset in the block of a page of zeros, as above.</summary>
    public ulong GetZeroAddress(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)ZeroPages, nameof(index));
        return GetAddress(NormalPages + index);
    }

    private ulong GetAddress(int slot) => BinaryPrimitives.ReadUInt64BigEndian(_addresses[(slot * sizeof(ulong))..]);
}
