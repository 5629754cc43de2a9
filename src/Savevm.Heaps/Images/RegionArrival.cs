using Savevm.Hosting.Arrivals;
using Savevm.Hosting.Paging;
using Savevm.Hosting.Ram;
using Savevm.Linux.Files;
using Savevm.Machine.Ram;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Images;

/// <summary>Lets the regions of an image arrive while they are used, but for those that must be read first.</summary>
internal sealed class RegionArrival(HeapImage image, GuestRam ram, PagerOptions pager, CancellationToken cancellationToken)
{
    private const long MostBytes = 1L << 40;

    private readonly bool isRefused = RamArrival.Refusal() is not null;

    /// <summary>Begins. Null when all of it is there already.</summary>
    /// <exception cref="HeapImageException">Pages are not in the image.</exception>
    public RamArrival? Begin()
    {
        if (ram.Hosted.Any(IsReadFirst)) new RegionReader(image, ram.Hosted, cancellationToken) { Wants = IsReadFirst }.Run();
        var arriving = ram.Hosted.Where(block => !IsReadFirst(block)).Select(ArrivingOf).ToList();
        return arriving.Count == 0 ? null : RamArrival.Begin(ram, new LinuxFile(image.Storage.Handle, image.Path), arriving, pager);
    }

    // Huge pages would come as wholes, a wait of two mebibytes each. And of what is as long as that most is not there, but its bitmap would be.
    private bool IsReadFirst(HostedRamBlock block) => isRefused || block.Layout.Backing.Kind == RamBackingKind.HugeMemoryFile || block.UsedLength > MostBytes;

    private ArrivingBlock ArrivingOf(HostedRamBlock block)
    {
        var region = image.Regions[block.Index];
        var bitmap = image.ReadBitmap(region);
        var pages = new PageBitmap(region.Length / RamBlock.PageSize);
        long last = 0;
        for (long from = 0; PageBits.TryFindRun(bitmap, pages.PageCount, ref from, out var first, out var count);)
        {
            pages.SetRange(first, count);
            last = first + count;
        }
        // Later it would cost the program.
        if (last * RamBlock.PageSize > image.Storage.Length - region.PagesPosition) throw new HeapImageException(image.Path, "the image ends within its pages");
        return new ArrivingBlock(block, region.PagesPosition, pages);
    }
}
