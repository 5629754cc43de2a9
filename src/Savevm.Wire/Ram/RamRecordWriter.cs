using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Ram;

/// <summary>Writes RAM records. The methods that fill a span are data plane: they allocate nothing.</summary>
public static class RamRecordWriter
{
    /// <summary>Longest head of a page record: word, length of the name, name.</summary>
    public const int MaxPageHeaderBytes = sizeof(ulong) + 1 + WireLimits.MaxIdStrBytes;

    /// <summary>Writes a record's word.</summary>
    /// <param name="destination">At least 8 bytes.</param>
    /// <param name="address">Upper bits; a multiple of 4096.</param>
    /// <param name="flags">Lower bits.</param>
    /// <returns>Bytes written: 8.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteWord(Span<byte> destination, ulong address, RamFlags flags)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, address | (ulong)flags);
        return sizeof(ulong);
    }

    /// <summary>Writes the head of a page; its 4096 bytes must follow.</summary>
    /// <param name="destination">At least <see cref="MaxPageHeaderBytes"/> bytes, or 8 without a name.</param>
    /// <param name="address">Byte offset in the block, a multiple of 4096.</param>
    /// <param name="blockName">Name of the block; empty means the block of the record before.</param>
    /// <returns>Bytes written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WritePageHeader(Span<byte> destination, ulong address, ReadOnlySpan<byte> blockName) =>
        WriteHeader(destination, address, RamFlags.Page, blockName);

    /// <summary>Writes a zero page.</summary>
    /// <param name="destination">At least <see cref="MaxPageHeaderBytes"/> + 1 bytes, or 9 without a name.</param>
    /// <param name="address">Byte offset in the block, a multiple of 4096.</param>
    /// <param name="blockName">Name of the block; empty means the block of the record before.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteZeroPage(Span<byte> destination, ulong address, ReadOnlySpan<byte> blockName)
    {
        int written = WriteHeader(destination, address, RamFlags.Zero, blockName);
        destination[written] = 0;
        return written + 1;
    }

    /// <summary>Writes the head of an XBZRLE page; its bytes must follow.</summary>
    /// <param name="destination">At least <see cref="MaxPageHeaderBytes"/> + 3 bytes.</param>
    /// <param name="address">Byte offset in the block, a multiple of 4096.</param>
    /// <param name="blockName">Name of the block; empty means the block of the record before.</param>
    /// <param name="length">Bytes that follow, at most 4096.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteXbzrleHeader(Span<byte> destination, ulong address, ReadOnlySpan<byte> blockName, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, RamPayloadReader.PageBytes);
        int written = WriteHeader(destination, address, RamFlags.Xbzrle, blockName);
        destination[written] = RamPayloadReader.XbzrleEncoding;
        BinaryPrimitives.WriteUInt16BigEndian(destination[(written + 1)..], (ushort)length);
        return written + 1 + sizeof(ushort);
    }

    /// <summary>Writes the head of a page in zlib's form; its bytes must follow. No QEMU since 9.1 takes it.</summary>
    /// <param name="destination">At least <see cref="MaxPageHeaderBytes"/> + 4 bytes.</param>
    /// <param name="address">Byte offset in the block, a multiple of 4096.</param>
    /// <param name="blockName">Name of the block; empty means the block of the record before.</param>
    /// <param name="length">Bytes that follow, 1 to <see cref="WireLimits.MaxEncodedPageBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteCompressedHeader(Span<byte> destination, ulong address, ReadOnlySpan<byte> blockName, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, WireLimits.MaxEncodedPageBytes);
        int written = WriteHeader(destination, address, RamFlags.CompressPage, blockName);
        BinaryPrimitives.WriteUInt32BigEndian(destination[written..], (uint)length);
        return written + sizeof(uint);
    }

    /// <summary>Writes MEM_SIZE and the block list. The end of the section body is not written.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="blocks">The blocks, in the order in which they shall be listed.</param>
    /// <param name="dialect">Which fields a block has. In a mapped-ram file the blocks do not follow each other: write them one by one.</param>
    /// <exception cref="ArgumentException">A block that no reader would take.</exception>
    public static void WriteSetup(WireWriter writer, IEnumerable<RamSetupBlock> blocks, StreamDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(dialect);
        if (dialect.HasMappedRam)
            throw new ArgumentException("The blocks of a mapped-ram file do not follow each other.", nameof(dialect));
        RamSetupBlock[] list = [.. blocks];
        WriteSetupHead(writer, list, dialect);
        foreach (RamSetupBlock block in list)
            WriteSetupBlock(writer, block, dialect);
    }

    /// <summary>Writes MEM_SIZE; the blocks must follow, each by <see cref="WriteSetupBlock"/>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="blocks">All blocks that will be listed.</param>
    /// <param name="dialect">Target page size.</param>
    /// <exception cref="ArgumentException">A block that no reader would take.</exception>
    public static void WriteSetupHead(WireWriter writer, IReadOnlyCollection<RamSetupBlock> blocks, StreamDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(dialect);
        ulong total = 0;
        foreach (RamSetupBlock block in blocks)
        {
            if (block.UsedLength == 0 || block.UsedLength % dialect.TargetPageSize != 0
                || block.UsedLength > WireLimits.MaxRamBytes - total)
            {
                throw new ArgumentException($"RAM block '{block.IdStr}' of 0x{block.UsedLength:x} bytes.", nameof(blocks));
            }
            total += block.UsedLength;
        }
        if (blocks.Count > WireLimits.MaxRamBlocks)
            throw new ArgumentException($"{blocks.Count} RAM blocks.", nameof(blocks));
        writer.WriteUInt64(total | (ulong)RamFlags.MemSize);
    }

    /// <summary>
    /// Writes one block of the list. With mapped-ram the next one belongs at <see cref="MappedRamHeader.GetNextPosition"/>.
    /// </summary>
    /// <exception cref="ArgumentException">A field is missing that the dialect has.</exception>
    public static void WriteSetupBlock(WireWriter writer, RamSetupBlock block, StreamDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(dialect);
        writer.WriteCountedString(block.IdStr);
        writer.WriteUInt64(block.UsedLength);
        if (dialect.HasPostcopyPageSizes && block.PageSize != dialect.TargetPageSize)
            writer.WriteUInt64(block.PageSize);
        if (dialect.HasGuestAddresses)
            writer.WriteUInt64(block.GuestAddress ?? throw new ArgumentException($"RAM block '{block.IdStr}' without address."));
        if (dialect.HasMappedRam)
        {
            MappedRamHeader header = block.MappedRam
                ?? throw new ArgumentException($"RAM block '{block.IdStr}' without a place in the file.", nameof(block));
            header.Write(writer, dialect);
        }
    }

    /// <summary>Writes the mark that pairs with a SYNC packet on each multifd channel; only QEMU 8.1 and newer take it.</summary>
    public static void WriteMultifdFlush(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteUInt64((ulong)RamFlags.MultifdFlush);
    }

    /// <summary>Writes the record that ends a section body.</summary>
    public static void WriteEndOfSection(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteUInt64((ulong)RamFlags.Eos);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteHeader(Span<byte> destination, ulong address, RamFlags flags, ReadOnlySpan<byte> blockName) =>
        blockName.IsEmpty
            ? WriteWord(destination, address, flags | RamFlags.Continue)
            : WriteNamed(destination, address, flags, blockName);

    private static int WriteNamed(Span<byte> destination, ulong address, RamFlags flags, ReadOnlySpan<byte> blockName)
    {
        int written = WriteWord(destination, address, flags);
        destination[written++] = checked((byte)blockName.Length);
        blockName.CopyTo(destination[written..]);
        return written + blockName.Length;
    }
}
