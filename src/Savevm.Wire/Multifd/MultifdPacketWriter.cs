using System.Buffers.Binary;

namespace Savevm.Wire.Multifd;

/// <summary>
/// Writes the heads of packets in the form of QEMU 9.0 and newer, which all destinations take: nothing stale in them, SYNC in a
/// packet of its own. Data plane: no allocation; any thread may call.
/// </summary>
public static class MultifdPacketWriter
{
    /// <summary>Bytes of the head of a RAM packet.</summary>
    public const int RamHeaderBytes = MultifdPacketReader.RamHeaderBytes;

    /// <summary>Bytes of the head of a device-state packet.</summary>
    public const int DeviceHeaderBytes = MultifdPacketReader.DeviceHeaderBytes;

    private const int PageBytes = 4096;

    /// <summary>Writes the head of a packet with pages; its payload must follow if any of them has contents.</summary>
    /// <param name="destination">At least <see cref="RamHeaderBytes"/> bytes.</param>
    /// <param name="number">Counter over all channels.</param>
    /// <param name="blockName">The block of all pages, 1 to 255 bytes.</param>
    /// <param name="normal">Addresses of the pages in the payload.</param>
    /// <param name="zero">Addresses of pages of zeros; a destination before 9.0 would not see them.</param>
    /// <param name="compression">What the payload is.</param>
    /// <param name="payloadBytes">Bytes of the payload.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">A packet that no reader would take.</exception>
    public static int WritePages(
        Span<byte> destination,
        ulong number,
        ReadOnlySpan<byte> blockName,
        ReadOnlySpan<ulong> normal,
        ReadOnlySpan<ulong> zero,
        MultifdCompression compression,
        int payloadBytes)
    {
        if (normal.Length + zero.Length is 0 or > MultifdPacket.MaxPages)
            throw new ArgumentException($"A packet of {normal.Length} and {zero.Length} pages.", nameof(normal));
        if (blockName.Length is 0 or > WireLimits.MaxIdStrBytes)
            throw new ArgumentException($"A block name of {blockName.Length} bytes.", nameof(blockName));
        bool isRight = normal.IsEmpty ? payloadBytes == 0
            : compression == MultifdCompression.None ? payloadBytes == normal.Length * PageBytes
            : payloadBytes is > 0 and <= WireLimits.MaxMultifdPayloadBytes;
        if (!isRight)
            throw new ArgumentException($"A payload of {payloadBytes} bytes for {normal.Length} pages.", nameof(payloadBytes));
        Span<byte> head = Begin(destination, RamHeaderBytes, MultifdFlagTable.FlagOf(compression));
        WriteUInt32(head, MultifdPacketReader.SlotsOffset, MultifdPacket.MaxPages);
        WriteUInt32(head, MultifdPacketReader.NormalOffset, (uint)normal.Length);
        WriteUInt32(head, MultifdPacketReader.PayloadOffset, (uint)payloadBytes);
        BinaryPrimitives.WriteUInt64BigEndian(head[MultifdPacketReader.NumberOffset..], number);
        WriteUInt32(head, MultifdPacketReader.ZeroOffset, (uint)zero.Length);
        blockName.CopyTo(head[MultifdPacketReader.NameOffset..]);
        Span<byte> slots = head[MultifdPacketReader.AddressesOffset..];
        WriteAddresses(slots, normal);
        WriteAddresses(slots[(normal.Length * sizeof(ulong))..], zero);
        return RamHeaderBytes;
    }

    /// <summary>Writes a SYNC packet.</summary>
    /// <param name="destination">At least <see cref="RamHeaderBytes"/> bytes.</param>
    /// <param name="number">Counter over all channels.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteSync(Span<byte> destination, ulong number)
    {
        Span<byte> head = Begin(destination, RamHeaderBytes, MultifdFlags.Sync);
        BinaryPrimitives.WriteUInt64BigEndian(head[MultifdPacketReader.NumberOffset..], number);
        return RamHeaderBytes;
    }

    /// <summary>Writes the head of a device's state; its payload must follow.</summary>
    /// <param name="destination">At least <see cref="DeviceHeaderBytes"/> bytes.</param>
    /// <param name="idStr">The device, 1 to 255 bytes.</param>
    /// <param name="instanceId">Number among devices of the same name.</param>
    /// <param name="payloadBytes">Bytes of the payload.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">A packet that no reader would take.</exception>
    public static int WriteDeviceState(Span<byte> destination, ReadOnlySpan<byte> idStr, uint instanceId, int payloadBytes)
    {
        if (idStr.Length is 0 or > WireLimits.MaxIdStrBytes)
            throw new ArgumentException($"A device name of {idStr.Length} bytes.", nameof(idStr));
        if (payloadBytes is <= 0 or > WireLimits.MaxMultifdDeviceBytes)
            throw new ArgumentException($"A payload of {payloadBytes} bytes.", nameof(payloadBytes));
        Span<byte> head = Begin(destination, DeviceHeaderBytes, MultifdFlags.DeviceState);
        idStr.CopyTo(head[MultifdPacketReader.DeviceNameOffset..]);
        WriteUInt32(head, MultifdPacketReader.DeviceInstanceOffset, instanceId);
        WriteUInt32(head, MultifdPacketReader.DevicePayloadOffset, (uint)payloadBytes);
        return DeviceHeaderBytes;
    }

    private static Span<byte> Begin(Span<byte> destination, int bytes, MultifdFlags flags)
    {
        Span<byte> head = destination[..bytes];
        head.Clear();
        WriteUInt32(head, 0, MultifdInitialPacket.Magic);
        WriteUInt32(head, 4, MultifdInitialPacket.Version);
        WriteUInt32(head, MultifdPacketReader.FlagsOffset, (uint)flags);
        return head;
    }

    private static void WriteAddresses(Span<byte> slots, ReadOnlySpan<ulong> addresses)
    {
        for (int i = 0; i < addresses.Length; i++)
            BinaryPrimitives.WriteUInt64BigEndian(slots[(i * sizeof(ulong))..], addresses[i]);
    }

    private static void WriteUInt32(Span<byte> head, int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(head[at..], value);
}
