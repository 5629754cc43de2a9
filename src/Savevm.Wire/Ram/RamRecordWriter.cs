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
        blockName.IsEmpty
            ? WriteWord(destination, address, RamFlags.Page | RamFlags.Continue)
            : WriteNamed(destination, address, RamFlags.Page, blockName);

    /// <summary>Writes a zero page.</summary>
    /// <param name="destination">At least <see cref="MaxPageHeaderBytes"/> + 1 bytes, or 9 without a name.</param>
    /// <param name="address">Byte offset in the block, a multiple of 4096.</param>
    /// <param name="blockName">Name of the block; empty means the block of the record before.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteZeroPage(Span<byte> destination, ulong address, ReadOnlySpan<byte> blockName)
    {
        int written = blockName.IsEmpty
            ? WriteWord(destination, address, RamFlags.Zero | RamFlags.Continue)
            : WriteNamed(destination, address, RamFlags.Zero, blockName);
        destination[written] = 0;
        return written + 1;
    }

    /// <summary>Writes MEM_SIZE and the block list. The end of the section body is not written.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="blocks">The blocks, in the order in which they shall be listed.</param>
    /// <param name="dialect">Which fields a block has.</param>
    /// <exception cref="ArgumentException">A block that no reader would take.</exception>
    public static void WriteSetup(WireWriter writer, IEnumerable<RamSetupBlock> blocks, StreamDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(dialect);
        RamSetupBlock[] list = [.. blocks];
        ulong total = 0;
        foreach (RamSetupBlock block in list)
        {
            if (block.UsedLength == 0 || block.UsedLength % dialect.TargetPageSize != 0
                || block.UsedLength > WireLimits.MaxRamBytes - total)
            {
                throw new ArgumentException($"RAM block '{block.IdStr}' of 0x{block.UsedLength:x} bytes.", nameof(blocks));
            }
            total += block.UsedLength;
        }
        if (list.Length > WireLimits.MaxRamBlocks)
            throw new ArgumentException($"{list.Length} RAM blocks.", nameof(blocks));
        writer.WriteUInt64(total | (ulong)RamFlags.MemSize);
        foreach (RamSetupBlock block in list)
        {
            writer.WriteCountedString(block.IdStr);
            writer.WriteUInt64(block.UsedLength);
            if (dialect.HasPostcopyPageSizes && block.PageSize != dialect.TargetPageSize)
                writer.WriteUInt64(block.PageSize);
            if (dialect.HasGuestAddresses)
                writer.WriteUInt64(block.GuestAddress ?? throw new ArgumentException($"RAM block '{block.IdStr}' without address."));
        }
    }

    /// <summary>Writes the record that ends a section body.</summary>
    public static void WriteEndOfSection(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteUInt64((ulong)RamFlags.Eos);
    }

    private static int WriteNamed(Span<byte> destination, ulong address, RamFlags flags, ReadOnlySpan<byte> blockName)
    {
        int written = WriteWord(destination, address, flags);
        destination[written++] = checked((byte)blockName.Length);
        blockName.CopyTo(destination[written..]);
        return written + blockName.Length;
    }
}
