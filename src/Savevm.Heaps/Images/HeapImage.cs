using Savevm.Hosting.Devices;
using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.States.Opening;
using Savevm.States.Reading;
using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Images;

/// <summary>
/// An image that was opened and found whole: all of it but the pages was read and checked. Of the forms that a saved machine can have it takes the one that a
/// heap is saved in, and refuses anything else where it is met, so that no file, which may be nearly all holes, costs memory or time by what it says of itself.
/// </summary>
internal sealed class HeapImage : IStateVisitor, IDisposable
{
    // Behind the regions stands a record of a hundred bytes, and what describes it.
    private const int MostBytesBehind = 64 << 10;
    private const string RegionsName = "ram";

    private readonly SavedStateFile file;
    private readonly List<ImageRegion> regions = [];
    private IReadOnlyList<WalkedSection> sections = [];
    private bool hasBegun;

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
            image = new HeapImage(SavedStateFile.Open(path, new OpeningOptions { IsBare = true }));
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
        var isThere = region.BitmapPosition <= Storage.Length - (long)bytes;
        var bitmap = isThere ? new byte[bytes] : [];
        if (!isThere || Storage.Read(bitmap, region.BitmapPosition) != bitmap.Length)
            throw new HeapImageException(Path, $"the image ends within the bitmap of region '{region.Name}'");
        return bitmap;
    }

    void IStateVisitor.SectionBegins(long offset, in SectionHeader header, string idStr)
    {
        // The regions once, in a live section; then the record, which is a device's.
        var isExpected = header.Type switch
        {
            SectionType.Start => idStr == RegionsName && !hasBegun,
            SectionType.Full => idStr == HeapRecord.Name && hasBegun,
            _ => true,
        };
        if (!isExpected) throw Strange(idStr);
        hasBegun = true;
    }

    void IStateVisitor.SectionEnds(long offset, in SectionHeader header)
    {
        var behind = Storage.Length - offset;
        if (behind > MostBytesBehind) throw new WireException(offset, $"{behind} bytes behind the regions");
    }

    void IStateVisitor.Command(long offset, CommandRecord command) => throw Strange($"{command.Type}");

    void IStateVisitor.RamBlock(long offset, int index, RamSetupBlock block)
    {
        if (block.MappedRam is not { IsIgnored: false } place) throw Strange(block.IdStr);
        regions.Add(new ImageRegion(block.IdStr, (long)block.UsedLength, (long)place.BitmapPosition, (long)place.PagesPosition));
    }

    // Those at their places are passed over.
    void IStateVisitor.Page(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload) =>
        throw new WireException(offset, "a page that does not lie at its place");

    void IStateVisitor.Devices(IReadOnlyList<WalkedSection> found, Wire.Descriptions.VMDescription? description) => sections = found;

    void IStateVisitor.Defect(StateDefect defect) => throw new WireException(defect.Offset, defect.Finding);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Read(HostedDevices devices, CancellationToken cancellationToken)
    {
        if (!file.IsMappedRam) throw new MachineRefusedException("its pages do not lie in it at fixed places (mapped-ram)");
        devices.AcceptConfiguration(file.Configuration?.MachineName, default);
        using (var input = new StateInput(file)) new StateWalker(input, this) { PassesMappedPages = true, MaxDescriptionBytes = MostBytesBehind }.Run(cancellationToken);
        devices.AcceptDevices(new DeviceState { Sections = [.. sections.Select(SectionOf)] });
        if (devices.Missing.Count > 0) throw new MachineRefusedException("it ends before what a heap says of itself");
    }

    private static MachineRefusedException Strange(string what) => new($"it holds '{what}', which a heap has not");

    private static DeviceSection SectionOf(WalkedSection section) => new(section.IdStr, section.InstanceId, section.VersionId, section.SectionId, section.Body);
}
