using System.Buffers.Binary;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Ram;

/// <summary>
/// Where a RAM block lies in a mapped-ram file. It stands in the block list behind the block's length.
/// </summary>
/// <remarks>
/// <code>
/// | be32 version = 1 | be64 page size | be64 position of the bitmap | be64 position of page 0 |      28 bytes
/// </code>
/// Positions are absolute in the file, also when the stream begins further on. In a file that QEMU writes the bitmap follows at
/// once, the pages begin at the next 1 MiB, and the stream goes on behind them.
/// </remarks>
/// <param name="BitmapPosition">Position of the bitmap: bit <c>p % 8</c> of byte <c>p / 8</c> tells that page p is in the file.</param>
/// <param name="PagesPosition">Position of the first page. A page that is not in the file is zero.</param>
public readonly record struct MappedRamHeader(ulong BitmapPosition, ulong PagesPosition)
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 28;

    /// <summary>The pages of a block begin at a multiple of this, so that they can be written and read past the page cache.</summary>
    public const ulong PagesAlignment = 1UL << 20;

    private const uint Version = 1;

    /// <summary>The block is shared and was ignored: nothing of it is in the file.</summary>
    public bool IsIgnored => BitmapPosition == 0 && PagesPosition == 0;

    /// <summary>Bytes of the bitmap of a block: one bit for each page, rounded up to eight bytes.</summary>
    public static ulong GetBitmapBytes(ulong usedLength, StreamDialect? dialect = null)
    {
        ulong pages = usedLength / (dialect ?? StreamDialect.Default).TargetPageSize;
        return (pages + 63) / 64 * 8;
    }

    /// <summary>Places a block as QEMU does.</summary>
    /// <param name="headerPosition">Position in the file at which the header will stand.</param>
    /// <param name="usedLength">Length of the block in bytes.</param>
    /// <param name="dialect">Target page size; null for 4096 bytes.</param>
    public static MappedRamHeader Place(ulong headerPosition, ulong usedLength, StreamDialect? dialect = null)
    {
        ulong bitmap = headerPosition + HeaderBytes;
        ulong end = bitmap + GetBitmapBytes(usedLength, dialect);
        return new MappedRamHeader(bitmap, (end + PagesAlignment - 1) & ~(PagesAlignment - 1));
    }

    /// <summary>Position at which the stream goes on behind the block.</summary>
    /// <param name="headerPosition">Position at which the header stands.</param>
    /// <param name="usedLength">Length of the block in bytes.</param>
    public ulong GetNextPosition(ulong headerPosition, ulong usedLength) =>
        IsIgnored ? headerPosition + HeaderBytes : PagesPosition + usedLength;

    /// <summary>Reads the header.</summary>
    /// <param name="window">Bytes from the header on.</param>
    /// <param name="position">Position of the window in the file.</param>
    /// <param name="usedLength">Length of the block, from the list.</param>
    /// <param name="dialect">Target page size.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Another version or page size, or areas that overlap or lie before the header.</exception>
    public static bool TryRead(
        ReadOnlySpan<byte> window, long position, ulong usedLength, StreamDialect dialect, out MappedRamHeader header)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        header = default;
        if (window.Length < HeaderBytes)
            return false;
        uint version = BinaryPrimitives.ReadUInt32BigEndian(window);
        if (version != Version)
            throw new WireException(position, $"mapped-ram block of version {version}");
        ulong pageSize = BinaryPrimitives.ReadUInt64BigEndian(window[4..]);
        if (pageSize != dialect.TargetPageSize)
            throw new WireException(position + 4, $"mapped-ram block with pages of {pageSize} bytes");
        var found = new MappedRamHeader(
            BitmapPosition: BinaryPrimitives.ReadUInt64BigEndian(window[12..]),
            PagesPosition: BinaryPrimitives.ReadUInt64BigEndian(window[20..]));
        found.Check(position, usedLength, dialect);
        header = found;
        return true;
    }

    /// <summary>Writes the header.</summary>
    public void Write(WireWriter writer, StreamDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(dialect);
        writer.WriteUInt32(Version);
        writer.WriteUInt64(dialect.TargetPageSize);
        writer.WriteUInt64(BitmapPosition);
        writer.WriteUInt64(PagesPosition);
    }

    private void Check(long position, ulong usedLength, StreamDialect dialect)
    {
        if (IsIgnored)
            return;
        ulong end = (ulong)position + HeaderBytes;
        if (BitmapPosition < end || BitmapPosition > WireLimits.MaxFilePosition)
            throw new WireException(position + 12, $"bitmap at 0x{BitmapPosition:x}, its header ends at 0x{end:x}");
        ulong bitmapEnd = BitmapPosition + GetBitmapBytes(usedLength, dialect);
        if (PagesPosition < bitmapEnd || PagesPosition > WireLimits.MaxFilePosition || PagesPosition % dialect.TargetPageSize != 0)
            throw new WireException(position + 20, $"pages at 0x{PagesPosition:x}, the bitmap ends at 0x{bitmapEnd:x}");
    }
}
