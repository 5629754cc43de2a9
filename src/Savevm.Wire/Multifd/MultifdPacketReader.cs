using System.Buffers.Binary;

namespace Savevm.Wire.Multifd;

/// <summary>
/// Reads the heads of packets, for targets with pages of 4096 bytes. Data plane: no allocation. Nothing is kept between calls;
/// any thread may call.
/// </summary>
/// <remarks>
/// <code>
/// RAM, 1344 bytes
///    0 | magic | version | flags | slots |     16 | pages with payload | payload bytes | be64 number |
///   32 | zero pages | 28 unused bytes |         64 | block name, 256 bytes |
///  320 | 128 x be64 page address: pages with payload, then zero pages |
/// device state, 276 bytes
///    0 | magic | version | flags |              12 | device name, 256 bytes | instance | payload bytes |
/// </code>
/// A packet without pages may carry the name, the addresses and the payload length of an earlier one (QEMU up to 8.2); nothing
/// of that is looked at.
/// </remarks>
public static class MultifdPacketReader
{
    internal const int FlagsOffset = 8;
    internal const int SlotsOffset = 12;
    internal const int NormalOffset = 16;
    internal const int PayloadOffset = 20;
    internal const int NumberOffset = 24;
    internal const int ZeroOffset = 32;
    internal const int NameOffset = 64;
    internal const int NameBytes = 256;
    internal const int AddressesOffset = 320;
    internal const int RamHeaderBytes = AddressesOffset + (MultifdPacket.MaxPages * sizeof(ulong));
    internal const int DeviceNameOffset = 12;
    internal const int DeviceInstanceOffset = 268;
    internal const int DevicePayloadOffset = 272;
    internal const int DeviceHeaderBytes = 276;

    private const int PageBytes = 4096;
    private const ulong BadAddressBits = ~(WireLimits.MaxRamBytes - 1) | (PageBytes - 1);
    private const MultifdFlags KnownFlags = (MultifdFlags)0x7f;

    /// <summary>Reads the head of the next packet.</summary>
    /// <param name="window">Bytes from the packet on.</param>
    /// <param name="offset">Offset of the window in the channel.</param>
    /// <param name="packet">The packet; it points into <paramref name="window"/>.</param>
    /// <param name="consumed">Bytes of the head; the payload follows.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">
    /// Another magic or version, unknown flags, more pages than slots, a name that is not printable ASCII, an address that is
    /// none of a page, a payload over its limit.
    /// </exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out MultifdPacket packet, out int consumed)
    {
        packet = default;
        consumed = 0;
        if (!MultifdInitialPacket.TryCheckMagic(window, offset) || window.Length < FlagsOffset + sizeof(uint))
            return false;
        var flags = (MultifdFlags)ReadUInt32(window, FlagsOffset);
        if ((flags & ~KnownFlags) != 0)
            throw new WireException(offset + FlagsOffset, $"multifd packet with flags 0x{(uint)flags:x}");
        if (MultifdFlagTable.FindCompression(flags) is not { } compression)
            throw new WireException(offset + FlagsOffset, $"multifd packet with two compressions, flags 0x{(uint)flags:x}");
        bool isDeviceState = (flags & MultifdFlags.DeviceState) != 0;
        int headerBytes = isDeviceState ? DeviceHeaderBytes : RamHeaderBytes;
        if (window.Length < headerBytes)
            return false;
        packet = isDeviceState ? ReadDeviceState(window, offset, flags) : ReadPages(window, offset, flags, compression);
        consumed = headerBytes;
        return true;
    }

    private static MultifdPacket ReadPages(ReadOnlySpan<byte> window, long offset, MultifdFlags flags, MultifdCompression compression)
    {
        uint slots = ReadUInt32(window, SlotsOffset);
        if (slots > MultifdPacket.MaxPages)
            throw new WireException(offset + SlotsOffset, $"multifd packet with {slots} slots");
        uint normal = ReadUInt32(window, NormalOffset);
        if (normal > slots)
            throw new WireException(offset + NormalOffset, $"multifd packet with {normal} pages in {slots} slots");
        uint zero = ReadUInt32(window, ZeroOffset);
        if (zero > slots - normal)
            throw new WireException(offset + ZeroOffset, $"multifd packet with {zero} zero pages in {slots - normal} slots");
        ReadOnlySpan<byte> name = default;
        if (normal + zero > 0)
            name = ReadName(window.Slice(NameOffset, NameBytes), offset + NameOffset, "block name");
        ReadOnlySpan<byte> addresses = window.Slice(AddressesOffset, (int)(normal + zero) * sizeof(ulong));
        for (int i = 0; i < addresses.Length; i += sizeof(ulong))
        {
            ulong address = BinaryPrimitives.ReadUInt64BigEndian(addresses[i..]);
            if ((address & BadAddressBits) != 0)
                throw new WireException(offset + AddressesOffset + i, $"page at 0x{address:x}");
        }
        uint announced = ReadUInt32(window, PayloadOffset);
        int payload = GetPayloadBytes((int)normal, announced, compression, offset);
        var head = new MultifdPacket(
            flags, compression, BinaryPrimitives.ReadUInt64BigEndian(window[NumberOffset..]), announced, payload, name);
        return new MultifdPacket(head, (int)slots, (int)normal, (int)zero, addresses);
    }

    /// <summary>Pages decide whether there is a payload at all; without compression they alone decide how long it is.</summary>
    private static int GetPayloadBytes(int pages, uint announced, MultifdCompression compression, long offset)
    {
        if (pages == 0)
            return 0;
        int whole = pages * PageBytes;
        int limit = compression switch
        {
            MultifdCompression.None => whole,
            MultifdCompression.Qpl or MultifdCompression.Uadk => whole + (pages * sizeof(uint)),
            _ => WireLimits.MaxMultifdPayloadBytes,
        };
        if (announced == 0 || announced > limit || (compression == MultifdCompression.None && announced != whole))
            throw new WireException(offset + PayloadOffset, $"payload of {announced} bytes for {pages} pages, compression {compression}");
        return (int)announced;
    }

    private static MultifdPacket ReadDeviceState(ReadOnlySpan<byte> window, long offset, MultifdFlags flags)
    {
        if (flags != MultifdFlags.DeviceState)
            throw new WireException(offset + FlagsOffset, $"device state with flags 0x{(uint)flags:x}");
        ReadOnlySpan<byte> name = ReadName(window.Slice(DeviceNameOffset, NameBytes), offset + DeviceNameOffset, "device name");
        uint payload = ReadUInt32(window, DevicePayloadOffset);
        if (payload is 0 or > WireLimits.MaxMultifdDeviceBytes)
            throw new WireException(offset + DevicePayloadOffset, $"device state of {payload} bytes");
        return new MultifdPacket(flags, MultifdCompression.None, 0, payload, (int)payload, name)
        {
            InstanceId = ReadUInt32(window, DeviceInstanceOffset),
        };
    }

    /// <summary>Up to the first zero byte; the last byte counts as one.</summary>
    private static ReadOnlySpan<byte> ReadName(ReadOnlySpan<byte> field, long offset, string what)
    {
        int length = field[..^1].IndexOf((byte)0);
        ReadOnlySpan<byte> name = length < 0 ? field[..^1] : field[..length];
        if (name.IsEmpty)
            throw new WireException(offset, $"{what} of length 0");
        WireText.RequirePrintable(name, offset, what);
        return name;
    }

    private static uint ReadUInt32(ReadOnlySpan<byte> window, int at) => BinaryPrimitives.ReadUInt32BigEndian(window[at..]);
}
