using Savevm.Hosting.Devices;
using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.States.Opening;
using Savevm.States.Reading;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Images;

/// <summary>An image that was opened and found whole: all of it but the pages was read and checked.</summary>
internal sealed class HeapImage : IStateVisitor, IDisposable
{
    private readonly SavedStateFile file;
    private readonly List<ImageRegion> regions = [];
    private IReadOnlyList<WalkedSection> sections = [];
    private string? strange;

    private HeapImage(SavedStateFile file) => this.file = file;

    /// <summary>Its path.</summary>
    public string Path => file.Name;

    /// <summary>The regions in their order.</summary>
    public IReadOnlyList<ImageRegion> Regions => regions;

    /// <summary>Where bitmaps and pages are read.</summary>
    public StateStorage Storage => file.Storage!;

    /// <summary>Opens an image and gives its record to the devices.</summary>
    /// <exception cref="HeapImageException">It is none, or not whole.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static HeapImage Open(string path, HostedDevices devices, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no image", path);
        HeapImage? image = null;
        try
        {
            image = new HeapImage(SavedStateFile.Open(path));
            image.Read(devices, cancellationToken);
            return image;
        }
        catch (Exception failure)
        {
            image?.Dispose();
            switch (failure)
            {
                case WireException wire:
                    throw new HeapImageException(path, $"no whole image of a heap: {wire.Message}", failure);
                case UnsupportedFormException or MachineRefusedException:
                    throw new HeapImageException(path, $"no image of a heap: {failure.Message}", failure);
                default:
                    throw;
            }
        }
    }

    /// <summary>Which pages of a region the image has; the others are zero.</summary>
    /// <exception cref="HeapImageException">The image ends before.</exception>
    public byte[] ReadBitmap(ImageRegion region)
    {
        // A claim that the file cannot keep takes no memory.
        var bytes = MappedRamHeader.GetBitmapBytes((ulong)region.Length);
        var ends = new HeapImageException(Path, $"the image ends within the bitmap of region '{region.Name}'");
        if (region.BitmapPosition > Storage.Length - (long)bytes) throw ends;
        var bitmap = new byte[bytes];
        return Storage.Read(bitmap, region.BitmapPosition) == bitmap.Length ? bitmap : throw ends;
    }

    void IStateVisitor.SectionBegins(long offset, in Wire.Forward.SectionHeader header, string idStr)
    {
        if (idStr is not ("ram" or HeapRecord.Name)) strange ??= idStr;
    }

    void IStateVisitor.RamBlock(long offset, int index, RamSetupBlock block)
    {
        if (block.MappedRam is { IsIgnored: false } place) regions.Add(new ImageRegion(block.IdStr, (long)block.UsedLength, (long)place.BitmapPosition, (long)place.PagesPosition));
        else strange ??= block.IdStr;
    }

    void IStateVisitor.Devices(IReadOnlyList<WalkedSection> found, Wire.Descriptions.VMDescription? description) => sections = found;

    void IStateVisitor.Defect(StateDefect defect) => throw new WireException(defect.Offset, defect.Finding);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Read(HostedDevices devices, CancellationToken cancellationToken)
    {
        if (!file.IsMappedRam || file.Layers.Count != 1) throw new MachineRefusedException("its pages do not lie in it at fixed places (mapped-ram)");
        using (var input = new StateInput(file)) new StateWalker(input, this) { PassesMappedPages = true }.Run(cancellationToken);
        if (strange is not null) throw new MachineRefusedException($"it holds '{strange}', which a heap has not");
        devices.AcceptConfiguration(file.Configuration?.MachineName, default);
        devices.AcceptDevices(new DeviceState { Sections = [.. sections.Select(SectionOf)] });
        if (devices.Missing.Count > 0) throw new MachineRefusedException("it ends before what a heap says of itself");
    }

    private static DeviceSection SectionOf(WalkedSection section) => new(section.IdStr, section.InstanceId, section.VersionId, section.SectionId, section.Body);
}
