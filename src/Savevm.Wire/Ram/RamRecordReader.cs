using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Ram;

/// <summary>
/// Reads the heads of RAM records, for targets with pages of 4096 bytes. Data plane: no allocation.
/// Nothing is kept between calls; any thread may call.
/// </summary>
public static class RamRecordReader
{
    private const int WordBytes = sizeof(ulong);
    private const ulong ContinuedPage = (ulong)(RamFlags.Page | RamFlags.Continue);
    private const ulong ContinuedZeroPage = (ulong)(RamFlags.Zero | RamFlags.Continue);

    // Flags and the bits that no legal address has: one comparison tells a continued page with a sane address.
    private const ulong FastMask = RamFlagTable.FlagMask | ~(WireLimits.MaxRamBytes - 1);

    /// <summary>Reads the head of the next record.</summary>
    /// <param name="window">Bytes from the record on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="record">The record; its name points into <paramref name="window"/>.</param>
    /// <param name="headerBytes">
    /// Bytes of the word, the name, and of a zero page's fill byte. The payload of a page, of an XBZRLE or compressed page
    /// and the block list follow and are not counted.
    /// </param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Unknown flags, a name that is not printable ASCII, a fill byte that is not zero.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out RamRecord record, out int headerBytes)
    {
        if (BinaryPrimitives.TryReadUInt64BigEndian(window, out ulong word))
        {
            if ((word & FastMask) == ContinuedPage)
            {
                record = new RamRecord(RamRecordKind.Page, word - ContinuedPage, continues: true, default);
                headerBytes = WordBytes;
                return true;
            }
            if ((word & FastMask) == ContinuedZeroPage && window.Length > WordBytes && window[WordBytes] == 0)
            {
                record = new RamRecord(RamRecordKind.ZeroPage, word - ContinuedZeroPage, continues: true, default);
                headerBytes = WordBytes + 1;
                return true;
            }
        }
        return TryReadAny(window, offset, acceptsFill: false, out record, out headerBytes);
    }

    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, long, out RamRecord, out int)"/>
    /// <param name="window">Bytes from the record on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="dialect">Whether a zero page may be filled with another byte.</param>
    /// <param name="record">The record; its name points into <paramref name="window"/>.</param>
    /// <param name="headerBytes">As above.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> window, long offset, StreamDialect dialect, out RamRecord record, out int headerBytes)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        return TryReadAny(window, offset, dialect.AcceptsFillBytes, out record, out headerBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryReadAny(
        ReadOnlySpan<byte> window, long offset, bool acceptsFill, out RamRecord record, out int headerBytes)
    {
        record = default;
        headerBytes = 0;
        if (!BinaryPrimitives.TryReadUInt64BigEndian(window, out ulong word))
            return false;
        var flags = (RamFlags)(word & RamFlagTable.FlagMask);
        if (RamFlagTable.Find(flags) is not { Kind: { } kind } row)
            throw new WireException(offset, $"RAM record with flags 0x{(ulong)flags:x3} ({RamFlagTable.Describe(flags)})");
        ulong address = word & ~RamFlagTable.FlagMask;
        bool continues = (word & (ulong)RamFlags.Continue) != 0;
        int position = WordBytes;
        ReadOnlySpan<byte> name = default;
        if (row.NamesPage)
        {
            if (address >= WireLimits.MaxRamBytes)
                throw new WireException(offset, $"page at 0x{address:x}");
            if (!continues)
            {
                if (!WireText.TryReadName(window, offset, position, "block name", out name))
                    return false;
                position += 1 + name.Length;
            }
        }
        else if (kind == RamRecordKind.MemorySize && address > WireLimits.MaxRamBytes)
        {
            throw new WireException(offset, $"RAM of 0x{address:x} bytes");
        }
        byte fill = 0;
        if (kind == RamRecordKind.ZeroPage)
        {
            if (position >= window.Length)
                return false;
            fill = window[position];
            if (fill != 0 && !acceptsFill)
                throw new WireException(offset + position, $"zero page with fill byte 0x{fill:x2}");
            position++;
        }
        record = new RamRecord(kind, address, continues, name, fill);
        headerBytes = position;
        return true;
    }
}
