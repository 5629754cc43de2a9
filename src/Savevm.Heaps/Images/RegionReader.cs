using System.Numerics;
using System.Runtime.ExceptionServices;
using Savevm.Machine.Ram;
using Savevm.Hosting.Ram;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Images;

/// <summary>
/// Brings the regions of an image to their places, by several threads. What is a hole in the image is not touched: it is zero already, and takes no memory.
/// Neither do bitmaps, however long a region is: each thread reads the part that it needs.
/// </summary>
internal sealed class RegionReader(HeapImage image, IReadOnlyList<HostedRamBlock> blocks, CancellationToken cancellationToken)
{
    private const int LeastPagesOfPiece = 1024, PagesOfRead = 256;

    // A region is cut into so many pieces, unless they would be small: enough for all threads to end at about the same time, few for what is nearly empty, and
    // the bitmap of one is small.
    private const int PiecesOfRegion = 4096;
    private const int MostThreads = 8;

    private readonly Lock gate = new();
    private (int Region, long Page) next;
    private volatile Exception? failure;

    /// <summary>Regions of which blocks are read; all by default.</summary>
    public Func<HostedRamBlock, bool> Wants { get; init; } = static _ => true;

    /// <summary>Reads them; returns or throws when no thread is left.</summary>
    /// <exception cref="HeapImageException">The image ends before.</exception>
    public void Run()
    {
        var others = new Thread[ThreadCount() - 1];
        for (var index = 0; index < others.Length; index++)
        {
            others[index] = new Thread(Work) { IsBackground = true, Name = $"heap reader {index + 1}" };
            others[index].Start();
        }
        Work();
        foreach (var other in others) other.Join();
        cancellationToken.ThrowIfCancellationRequested();
        if (failure is HeapImageException damaged) ExceptionDispatchInfo.Throw(damaged);
        if (failure is not null) throw new IOException($"{image.Path}: {failure.Message}", failure);
    }

    private static long PagesOf(ImageRegion region) => region.Length / RamBlock.PageSize;

    private static long PagesOfPiece(ImageRegion region) =>
        Math.Max(LeastPagesOfPiece, (long)BitOperations.RoundUpToPowerOf2((ulong)PagesOf(region)) / PiecesOfRegion);

    /// <summary>No more than there are pieces: what is small is read before a thread has begun.</summary>
    private int ThreadCount()
    {
        var pieces = image.Regions.Sum(region => ((PagesOf(region) - 1) / PagesOfPiece(region)) + 1);
        return (int)Math.Clamp(pieces, 1, Math.Min(Environment.ProcessorCount, MostThreads));
    }

    private void Work()
    {
        try
        {
            var bitmap = new byte[image.Regions.Select(PagesOfPiece).DefaultIfEmpty().Max() / 8];
            while (failure is null && !cancellationToken.IsCancellationRequested && TryTake(out var region, out var first)) Read(region, first, bitmap);
        }
        catch (Exception error)
        {
            failure = error;
        }
    }

    private bool TryTake(out int region, out long first)
    {
        lock (gate)
        {
            while (next.Region < blocks.Count && (!Wants(blocks[next.Region]) || next.Page >= PagesOf(image.Regions[next.Region]))) next = (next.Region + 1, 0);
            (region, first) = next;
            if (region == blocks.Count) return false;
            next.Page += PagesOfPiece(image.Regions[region]);
            return true;
        }
    }

    private unsafe void Read(int region, long first, byte[] bitmap)
    {
        var place = image.Regions[region];
        var pages = Math.Min(PagesOfPiece(place), PagesOf(place) - first);
        var bits = bitmap.AsSpan(0, (int)((pages + 7) / 8));
        if (image.Storage.Read(bits, place.BitmapPosition + (first / 8)) != bits.Length)
            throw new HeapImageException(image.Path, $"the image ends within the bitmap of region '{place.Name}'");
        for (long from = 0; PageBits.TryFindRun(bits, pages, ref from, out var page, out var count);)
        {
            for (page += first; count > 0;)
            {
                var some = (int)Math.Min(count, PagesOfRead);
                // SAFETY: the pages are inside of the block, whose length is the region's, and nobody else has the heap yet.
                var target = new Span<byte>((void*)(blocks[region].Address + ((nint)page * RamBlock.PageSize)), some * RamBlock.PageSize);
                if (image.Storage.Read(target, place.PagesPosition + (page * RamBlock.PageSize)) != target.Length)
                    throw new HeapImageException(image.Path, $"the image ends within the pages of region '{place.Name}'");
                page += some;
                count -= some;
            }
        }
    }
}
