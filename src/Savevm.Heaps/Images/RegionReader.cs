using Savevm.Machine.Ram;
using Savevm.Hosting.Ram;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Images;

/// <summary>
/// Brings the regions of an image to their places, by several threads. What is a hole in the image is not touched: it is zero already, and takes no memory.
/// </summary>
internal sealed class RegionReader(HeapImage image, IReadOnlyList<HostedRamBlock> blocks, CancellationToken cancellationToken)
{
    private const int PagesOfPiece = 1024, PagesOfRead = 256;
    private const int MostThreads = 8;

    private readonly byte[][] bitmaps = new byte[image.Regions.Count][];
    private readonly Lock gate = new();
    private (int Region, long Page) next;
    private volatile Exception? failure;

    /// <summary>Regions of which blocks are read; all by default.</summary>
    public Func<HostedRamBlock, bool> Wants { get; init; } = static _ => true;

    /// <summary>Reads them; returns or throws when no thread is left.</summary>
    /// <exception cref="HeapImageException">The image ends before.</exception>
    public void Run()
    {
        for (var index = 0; index < bitmaps.Length; index++) bitmaps[index] = Wants(blocks[index]) ? image.ReadBitmap(image.Regions[index]) : [];
        var others = new Thread[Math.Min(Environment.ProcessorCount, MostThreads) - 1];
        for (var index = 0; index < others.Length; index++)
        {
            others[index] = new Thread(Work) { IsBackground = true, Name = $"heap reader {index + 1}" };
            others[index].Start();
        }
        Work();
        foreach (var other in others) other.Join();
        cancellationToken.ThrowIfCancellationRequested();
        if (failure is HeapImageException damaged) throw new HeapImageException(image.Path, "the image ends within its pages", damaged);
        if (failure is not null) throw new IOException($"{image.Path}: {failure.Message}", failure);
    }

    private void Work()
    {
        try
        {
            while (failure is null && !cancellationToken.IsCancellationRequested && TryTake(out var region, out var first)) Read(region, first);
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
            while (next.Region < blocks.Count && (bitmaps[next.Region].Length == 0 || next.Page * RamBlock.PageSize >= image.Regions[next.Region].Length)) next = (next.Region + 1, 0);
            (region, first) = next;
            next.Page += PagesOfPiece;
            return region < blocks.Count;
        }
    }

    private unsafe void Read(int region, long first)
    {
        var end = Math.Min(first + PagesOfPiece, image.Regions[region].Length / RamBlock.PageSize);
        for (var from = first; PageBits.TryFindRun(bitmaps[region], end, ref from, out var page, out var count);)
        {
            while (count > 0)
            {
                var some = (int)Math.Min(count, PagesOfRead);
                // SAFETY: the pages are inside of the block, whose length is the region's, and nobody else has the heap yet.
                var target = new Span<byte>((void*)(blocks[region].Address + ((nint)page * RamBlock.PageSize)), some * RamBlock.PageSize);
                if (image.Storage.Read(target, image.Regions[region].PagesPosition + (page * RamBlock.PageSize)) != target.Length)
                    throw new HeapImageException(image.Path, "the image ends within its pages");
                page += some;
                count -= some;
            }
        }
    }
}
