using System.Buffers.Binary;

namespace Savevm.Wire.Multifd;

/// <summary>The packet that begins each multifd channel.</summary>
/// <remarks>
/// <code>
/// | be32 0x11223344 | be32 1 | uuid, 16 bytes | u8 channel | 39 zero bytes |      64 bytes
/// </code>
/// </remarks>
/// <param name="Uuid">The machine's UUID; all zero when it has none. A destination compares it with its own.</param>
/// <param name="ChannelId">Number of the channel, from 0 on. Channels arrive in any order.</param>
public readonly record struct MultifdInitialPacket(Guid Uuid, byte ChannelId)
{
    /// <summary>Bytes of the packet.</summary>
    public const int PacketBytes = 64;

    internal const uint Magic = 0x11223344;
    internal const uint Version = 1;

    private const int UuidOffset = 8;
    private const int UuidBytes = 16;
    private const int ChannelOffset = 24;

    /// <summary>Reads the packet.</summary>
    /// <param name="window">Bytes from the beginning of the channel on.</param>
    /// <param name="offset">Offset of the window in the channel.</param>
    /// <param name="packet">The packet. Whether its UUID and number fit is the caller's check.</param>
    /// <param name="consumed">Bytes of the packet.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Another magic or version.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out MultifdInitialPacket packet, out int consumed)
    {
        packet = default;
        consumed = 0;
        if (!TryCheckMagic(window, offset) || window.Length < PacketBytes)
            return false;
        packet = new MultifdInitialPacket(new Guid(window.Slice(UuidOffset, UuidBytes), bigEndian: true), window[ChannelOffset]);
        consumed = PacketBytes;
        return true;
    }

    /// <summary>Writes the packet.</summary>
    public void Write(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteUInt32(Magic);
        writer.WriteUInt32(Version);
        writer.WriteBytes(Uuid.ToByteArray(bigEndian: true));
        writer.WriteByte(ChannelId);
        writer.WriteBytes(stackalloc byte[PacketBytes - ChannelOffset - 1]);
    }

    /// <summary>Every packet of a channel begins with the same two numbers. False: the window does not hold them.</summary>
    internal static bool TryCheckMagic(ReadOnlySpan<byte> window, long offset)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(window, out uint magic))
            return false;
        if (magic != Magic)
            throw new WireException(offset, $"multifd packet with magic 0x{magic:x8}");
        if (!BinaryPrimitives.TryReadUInt32BigEndian(window[4..], out uint version))
            return false;
        if (version != Version)
            throw new WireException(offset + 4, $"multifd packet of version {version}");
        return true;
    }
}
