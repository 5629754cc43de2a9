namespace Savevm.Wire.Iterable;

/// <summary>Writes the chunks of dirty-bitmap bodies. An argument that cannot travel is the caller's mistake.</summary>
public static class DirtyBitmapWriter
{
    /// <summary>Writes the chunk that begins a bitmap.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="nodeName">Alias of the node; null for that of the chunk before.</param>
    /// <param name="bitmapName">Alias of the bitmap; null for that of the chunk before.</param>
    /// <param name="granularity">Bytes of the disk for each bit.</param>
    /// <param name="bitmapFlags">Bit 0 enabled, bit 1 persistent.</param>
    public static void WriteStart(WireWriter writer, string? nodeName, string? bitmapName, uint granularity, byte bitmapFlags)
    {
        WriteHead(writer, DirtyBitmapFlags.Start, nodeName, bitmapName);
        writer.WriteUInt32(granularity);
        writer.WriteByte(bitmapFlags);
    }

    /// <summary>Writes bits.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="nodeName">Alias of the node; null for that of the chunk before.</param>
    /// <param name="bitmapName">Alias of the bitmap; null for that of the chunk before.</param>
    /// <param name="firstSector">First sector of 512 bytes.</param>
    /// <param name="sectorCount">Number of sectors.</param>
    /// <param name="bits">The bits, padded to 32 bytes; empty when all are clear.</param>
    public static void WriteBits(
        WireWriter writer, string? nodeName, string? bitmapName, ulong firstSector, uint sectorCount, ReadOnlySpan<byte> bits)
    {
        if (bits.Length > WireLimits.MaxDirtyBitmapChunkBytes)
            throw new ArgumentException($"{bits.Length} bytes of a dirty bitmap.", nameof(bits));
        DirtyBitmapFlags zeroes = bits.IsEmpty ? DirtyBitmapFlags.Zeroes : DirtyBitmapFlags.None;
        WriteHead(writer, DirtyBitmapFlags.Bits | zeroes, nodeName, bitmapName);
        writer.WriteUInt64(firstSector);
        writer.WriteUInt32(sectorCount);
        if (bits.IsEmpty)
            return;
        writer.WriteUInt64((ulong)bits.Length);
        writer.WriteBytes(bits);
    }

    /// <summary>Writes the chunk that completes a bitmap.</summary>
    public static void WriteComplete(WireWriter writer, string? nodeName, string? bitmapName) =>
        WriteHead(writer, DirtyBitmapFlags.Complete, nodeName, bitmapName);

    /// <summary>Writes the chunk that ends the body.</summary>
    public static void WriteEnd(WireWriter writer) => WriteHead(writer, DirtyBitmapFlags.Eos, null, null);

    private static void WriteHead(WireWriter writer, DirtyBitmapFlags flags, string? nodeName, string? bitmapName)
    {
        ArgumentNullException.ThrowIfNull(writer);
        flags |= nodeName is null ? DirtyBitmapFlags.None : DirtyBitmapFlags.DeviceName;
        flags |= bitmapName is null ? DirtyBitmapFlags.None : DirtyBitmapFlags.BitmapName;
        writer.WriteByte((byte)flags);
        if (nodeName is not null)
            writer.WriteCountedString(nodeName);
        if (bitmapName is not null)
            writer.WriteCountedString(bitmapName);
    }
}
