using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>
/// Reads pages for one thread. Whole chunks are read into memory of the reader's own and checked there, and only then pages of them are
/// handed out: what was checked is what is used. The chunks of the last read are kept, so that neighbours cost nothing.
/// </summary>
internal sealed class RamImageReader(IReadOnlyList<StoredRamImage> images) : IPageReader
{
    private const int MaximumChunks = 4;

    private readonly NativeBuffer buffer = new(MaximumChunks * ChunkGeometry.ChunkBytes, RamBlock.PageSize);
    private int heldBlock = -1;
    private long heldFirstPage, heldEndPage;
    private bool disposed;

    public PageRun Read(int blockIndex, long firstPage, int maxPages)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var image = images[blockIndex];
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)firstPage, (ulong)image.Block.PageCount, nameof(firstPage));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPages, 1);
        var count = (int)Math.Min(maxPages, image.Block.PageCount - firstPage);
        if (blockIndex != heldBlock || firstPage < heldFirstPage || firstPage >= heldEndPage)
        {
            var zeroPages = CountZeroPages(image, firstPage, count);
            if (zeroPages > 0) return PageRun.Zero(zeroPages);
            Load(image, blockIndex, firstPage, count);
        }
        return RunOf(firstPage, (int)Math.Min(count, heldEndPage - firstPage));
    }

    public void Dispose()
    {
        disposed = true;
        buffer.Dispose();
    }

    /// <summary>Pages of whole zero chunks, known from the checksums alone.</summary>
    private static int CountZeroPages(StoredRamImage image, long firstPage, int count)
    {
        var page = firstPage;
        var end = firstPage + count;
        while (page < end && image.Sums.IsZero(page / ChunkGeometry.PagesPerChunk))
            page = (page / ChunkGeometry.PagesPerChunk + 1) * ChunkGeometry.PagesPerChunk;
        return (int)(Math.Min(page, end) - firstPage);
    }

    private void Load(StoredRamImage image, int blockIndex, long firstPage, int count)
    {
        var firstChunk = firstPage / ChunkGeometry.PagesPerChunk;
        var lastWanted = Math.Min((firstPage + count - 1) / ChunkGeometry.PagesPerChunk, firstChunk + MaximumChunks - 1);
        var endChunk = firstChunk + 1;
        while (endChunk <= lastWanted && !image.Sums.IsZero(endChunk)) endChunk++;
        var endPage = Math.Min(endChunk * ChunkGeometry.PagesPerChunk, image.Block.PageCount);
        var heldFirst = firstChunk * ChunkGeometry.PagesPerChunk;
        heldBlock = -1;
        image.ReadChecked(firstChunk, buffer.Slice(0, (int)(endPage - heldFirst) * RamBlock.PageSize));
        heldBlock = blockIndex;
        heldFirstPage = heldFirst;
        heldEndPage = endPage;
    }

    /// <summary>The run ends where pages with data and zero pages meet, so that zeros need not travel.</summary>
    private PageRun RunOf(long firstPage, int count)
    {
        var first = (int)(firstPage - heldFirstPage);
        var isZero = IsZeroPage(first);
        var length = 1;
        while (length < count && IsZeroPage(first + length) == isZero) length++;
        return isZero
            ? PageRun.Zero(length)
            : PageRun.Data(buffer.Slice((nint)first * RamBlock.PageSize, length * RamBlock.PageSize));
    }

    private bool IsZeroPage(int heldPage) =>
        !buffer.Slice((nint)heldPage * RamBlock.PageSize, RamBlock.PageSize).ContainsAnyExcept((byte)0);
}
