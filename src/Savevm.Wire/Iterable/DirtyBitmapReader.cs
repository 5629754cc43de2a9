namespace Savevm.Wire.Iterable;

/// <summary>Reads the chunks of dirty-bitmap bodies. No allocation; nothing is kept between calls; any thread may call.</summary>
/// <remarks>
/// <code>
/// | u8 flags | [counted node alias] | [counted bitmap alias] |
///   START:    | be32 granularity | u8 bitmap flags |
///   BITS:     | be64 first sector | be32 sectors | and without ZEROES | be64 bytes | bits |
///   COMPLETE: nothing
/// </code>
/// </remarks>
public static class DirtyBitmapReader
{
    private const DirtyBitmapFlags KnownFlags = (DirtyBitmapFlags)0x7f;
    private const DirtyBitmapFlags Actions = DirtyBitmapFlags.Start | DirtyBitmapFlags.Complete | DirtyBitmapFlags.Bits;
    private const byte ReservedBitmapFlags = 0xf8;
    private const uint MinGranularity = 512;
    private const ulong MaxSector = 1UL << 54;

    /// <summary>Reads the next chunk.</summary>
    /// <param name="window">Bytes from the chunk on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="chunk">The chunk; it points into <paramref name="window"/>.</param>
    /// <param name="consumed">Bytes of the chunk.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Flags, names or numbers that cannot be.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out DirtyBitmapChunk chunk, out int consumed)
    {
        chunk = default;
        consumed = 0;
        if (window.IsEmpty)
            return false;
        var flags = (DirtyBitmapFlags)window[0];
        CheckFlags(flags, offset);
        var reader = new WireReader(window, offset);
        reader.TryReadByte(out _);
        ReadOnlySpan<byte> node = default;
        if ((flags & DirtyBitmapFlags.DeviceName) != 0 && !WireText.TryReadName(window, offset, reader.Position, "node alias", out node))
            return false;
        reader.TryReadBytes(NameFieldBytes(node), out _);
        ReadOnlySpan<byte> bitmap = default;
        if ((flags & DirtyBitmapFlags.BitmapName) != 0 && !WireText.TryReadName(window, offset, reader.Position, "bitmap alias", out bitmap))
            return false;
        reader.TryReadBytes(NameFieldBytes(bitmap), out _);
        DirtyBitmapFlags action = flags & Actions;
        uint granularity = 0;
        byte bitmapFlags = 0;
        if (action == DirtyBitmapFlags.Start && !TryReadStart(ref reader, out granularity, out bitmapFlags))
            return false;
        ulong first = 0;
        uint count = 0;
        int bitBytes = 0;
        if (action == DirtyBitmapFlags.Bits && !TryReadBits(ref reader, flags, out first, out count, out bitBytes))
            return false;
        chunk = new DirtyBitmapChunk
        {
            Flags = flags,
            NodeName = node,
            BitmapName = bitmap,
            Granularity = granularity,
            BitmapFlags = bitmapFlags,
            FirstSector = first,
            SectorCount = count,
            Bits = window.Slice(reader.Position - bitBytes, bitBytes),
        };
        consumed = reader.Position;
        return true;
    }

    private static void CheckFlags(DirtyBitmapFlags flags, long offset)
    {
        DirtyBitmapFlags action = flags & Actions;
        bool isOne = action is DirtyBitmapFlags.Start or DirtyBitmapFlags.Complete or DirtyBitmapFlags.Bits;
        bool isNone = action == DirtyBitmapFlags.None && (flags & DirtyBitmapFlags.Eos) != 0;
        bool hasOddZeroes = (flags & DirtyBitmapFlags.Zeroes) != 0 && action != DirtyBitmapFlags.Bits;
        if ((flags & ~KnownFlags) != 0 || !(isOne || isNone) || hasOddZeroes)
            throw new WireException(offset, $"dirty bitmap chunk with flags 0x{(uint)flags:x2}");
    }

    private static int NameFieldBytes(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : 1 + name.Length;

    private static bool TryReadStart(ref WireReader reader, out uint granularity, out byte bitmapFlags)
    {
        bitmapFlags = 0;
        if (!reader.TryReadUInt32(out granularity))
            return false;
        if (granularity < MinGranularity || !uint.IsPow2(granularity))
            throw new WireException(reader.Offset - sizeof(uint), $"dirty bitmap with granularity {granularity}");
        if (!reader.TryReadByte(out bitmapFlags))
            return false;
        if ((bitmapFlags & ReservedBitmapFlags) != 0)
            throw new WireException(reader.Offset - 1, $"dirty bitmap with flags 0x{bitmapFlags:x2}");
        return true;
    }

    private static bool TryReadBits(
        ref WireReader reader, DirtyBitmapFlags flags, out ulong first, out uint count, out int bitBytes)
    {
        count = 0;
        bitBytes = 0;
        if (!reader.TryReadUInt64(out first))
            return false;
        if (first > MaxSector)
            throw new WireException(reader.Offset - sizeof(ulong), $"bits of sector {first}");
        if (!reader.TryReadUInt32(out count))
            return false;
        if ((flags & DirtyBitmapFlags.Zeroes) != 0)
            return true;
        if (!reader.TryReadUInt64(out ulong length))
            return false;
        if (length is 0 or > WireLimits.MaxDirtyBitmapChunkBytes)
            throw new WireException(reader.Offset - sizeof(ulong), $"{length} bytes of a dirty bitmap");
        bitBytes = (int)length;
        return reader.TryReadBytes(bitBytes, out _);
    }
}
