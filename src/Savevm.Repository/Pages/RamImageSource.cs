using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>The RAM of a snapshot. Readers may work side by side, one thread each.</summary>
internal sealed class RamImageSource(IReadOnlyList<StoredRamImage> images) : IRamSource
{
    public IReadOnlyList<RamBlock> Blocks { get; } = [.. images.Select(image => image.Block)];

    internal IReadOnlyList<StoredRamImage> Images => images;

    public IPageReader OpenReader() => new RamImageReader(images);
}
