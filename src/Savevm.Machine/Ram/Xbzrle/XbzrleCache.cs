using Savevm.Linux.Memory;

namespace Savevm.Machine.Ram.Xbzrle;

/// <summary>
/// What a sender remembers of the pages it has sent, so that it can send differences. The same pages hit and miss as in QEMU: one
/// place for each address, and a page that was used in this round or the last keeps its place.
/// </summary>
/// <remarks>
/// An address is that of a page in the whole machine, not in its block. The age is the number of the round. From the second
/// round on every page goes through <see cref="Encode"/> or, if it is zero, through <see cref="NoteZeroPage"/>; whatever else
/// is sent whole would make the cache lie. Data plane: no allocation after the constructor; belongs to one thread.
/// </remarks>
public sealed class XbzrleCache : IDisposable
{
    private const ulong LifetimeRounds = 2;

    private static readonly byte[] ZeroPage = new byte[RamBlock.PageSize];

    private readonly NativeBuffer pages;
    private readonly ulong?[] addresses;
    private readonly ulong[] ages;

    /// <summary>Reserves a cache. Memory that no page was put into is not touched.</summary>
    /// <param name="bytes">A power of two of pages.</param>
    public XbzrleCache(long bytes)
    {
        var count = bytes / RamBlock.PageSize;
        if (bytes % RamBlock.PageSize != 0 || !long.IsPow2(count) || count > Array.MaxLength / 2)
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "Not a power of two of pages.");
        pages = new NativeBuffer((nint)bytes);
        addresses = new ulong?[count];
        ages = new ulong[count];
    }

    /// <summary>Looks the page up, encodes what changed, and remembers what the other side will have.</summary>
    /// <param name="address">Address of the page in the machine, a multiple of the page size.</param>
    /// <param name="page">The page as it shall be sent: memory that does not change meanwhile.</param>
    /// <param name="age">Number of the round.</param>
    /// <param name="isLastRound">Nothing follows: what is sent need not be remembered.</param>
    /// <param name="destination">Where to; as long as a page.</param>
    /// <param name="length">Bytes written.</param>
    public XbzrleOutcome Encode(
        ulong address, ReadOnlySpan<byte> page, ulong age, bool isLastRound, Span<byte> destination, out int length)
    {
        length = 0;
        var place = PlaceOf(address);
        if (addresses[place] != address)
        {
            if (!isLastRound) InsertUnlessFresh(place, address, page, age);
            return XbzrleOutcome.Miss;
        }
        ages[place] = age;
        var sent = PageAt(place);
        var encoded = XbzrleEncoder.Encode(sent, page, destination[..RamBlock.PageSize]);
        if (encoded == XbzrleEncoder.Unchanged) return XbzrleOutcome.Unchanged;
        if (!isLastRound) page.CopyTo(sent);
        if (encoded == XbzrleEncoder.Overflow) return XbzrleOutcome.Overflow;
        length = encoded;
        return XbzrleOutcome.Encoded;
    }

    /// <summary>Remembers that a page was sent as zero.</summary>
    /// <param name="address">Address of the page in the machine.</param>
    /// <param name="age">Number of the round.</param>
    public void NoteZeroPage(ulong address, ulong age) => InsertUnlessFresh(PlaceOf(address), address, ZeroPage, age);

    /// <inheritdoc/>
    public void Dispose() => pages.Dispose();

    /// <summary>Puts a page into its place unless another page there is too fresh to give way.</summary>
    private void InsertUnlessFresh(int place, ulong address, ReadOnlySpan<byte> page, ulong age)
    {
        if (addresses[place] is { } other && other != address && ages[place] + LifetimeRounds > age) return;
        page.CopyTo(PageAt(place));
        addresses[place] = address;
        ages[place] = age;
    }

    private int PlaceOf(ulong address) => (int)(address / RamBlock.PageSize & (ulong)(addresses.Length - 1));

    private Span<byte> PageAt(int place) => pages.Slice((nint)place * RamBlock.PageSize, RamBlock.PageSize);
}
