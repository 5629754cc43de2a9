using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Ram;

/// <summary>
/// Reads the block list behind a MEM_SIZE record, block by block, until the lengths add up to the announced sum.
/// That each name occurs once, and that there are at most <see cref="WireLimits.MaxRamBlocks"/>, is the caller's check.
/// </summary>
public static class RamSetupReader
{
    /// <summary>Reads one block.</summary>
    /// <param name="window">Bytes from the block's name on.</param>
    /// <param name="offset">Offset of the window in the stream; with mapped-ram its position in the file.</param>
    /// <param name="dialect">Which fields a block has.</param>
    /// <param name="remaining">The announced sum less the blocks read so far, in bytes; not 0.</param>
    /// <param name="block">The block.</param>
    /// <param name="consumed">
    /// Bytes of the block. With mapped-ram its bitmap and pages lie behind them, and the list goes on at
    /// <see cref="MappedRamHeader.GetNextPosition"/>.
    /// </param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">A name, length or page size that cannot be.</exception>
    public static bool TryReadBlock(
        ReadOnlySpan<byte> window,
        long offset,
        StreamDialect dialect,
        ulong remaining,
        [NotNullWhen(true)] out RamSetupBlock? block,
        out int consumed)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentOutOfRangeException.ThrowIfZero(remaining);
        block = null;
        consumed = 0;
        if (!WireText.TryReadName(window, offset, 0, "block name", out ReadOnlySpan<byte> name))
            return false;
        var reader = new WireReader(window, offset);
        reader.TryReadCountedString(out _);
        if (!reader.TryReadUInt64(out ulong usedLength))
            return false;
        if (usedLength == 0 || usedLength > remaining || usedLength % dialect.TargetPageSize != 0)
        {
            throw new WireException(
                reader.Offset - sizeof(ulong),
                $"RAM block '{WireText.ToText(name)}' of 0x{usedLength:x} bytes with 0x{remaining:x} bytes left to list");
        }
        ulong pageSize = dialect.TargetPageSize;
        if (dialect.HasPostcopyPageSizes)
        {
            if (reader.Remaining < sizeof(ulong))
                return false;
            ulong field = BinaryPrimitives.ReadUInt64BigEndian(window[reader.Position..]);
            if (IsPageSize(field, dialect))
            {
                reader.TryReadUInt64(out pageSize);
                if (usedLength % pageSize != 0)
                {
                    throw new WireException(
                        reader.Offset - sizeof(ulong),
                        $"page size 0x{pageSize:x} of RAM block '{WireText.ToText(name)}' of 0x{usedLength:x} bytes");
                }
            }
        }
        ulong? guestAddress = null;
        if (dialect.HasGuestAddresses)
        {
            if (!reader.TryReadUInt64(out ulong address))
                return false;
            guestAddress = address;
        }
        MappedRamHeader? mappedRam = null;
        if (dialect.HasMappedRam)
        {
            if (!MappedRamHeader.TryRead(window[reader.Position..], reader.Offset, usedLength, dialect, out MappedRamHeader header))
                return false;
            reader.TryReadBytes(MappedRamHeader.HeaderBytes, out _);
            mappedRam = header;
        }
        block = new RamSetupBlock(WireText.ToText(name), usedLength, pageSize)
        {
            GuestAddress = guestAddress,
            MappedRam = mappedRam,
        };
        consumed = reader.Position;
        return true;
    }

    /// <summary>
    /// Whether the eight bytes behind a block's length are its page size. Only blocks with unusual host pages carry one, and
    /// the stream does not say which. It need not: the next block would begin with a name of length 1 to 255, so not with
    /// a zero byte; the next record would have a flag below the page bits.
    /// </summary>
    private static bool IsPageSize(ulong field, StreamDialect dialect) =>
        field >= dialect.TargetPageSize && field <= WireLimits.MaxPageSize && ulong.IsPow2(field);
}
