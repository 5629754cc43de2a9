using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Repository.Pages;
using Savevm.Repository.Sections;
using Savevm.Repository.WorkingSets;

namespace Savevm.Repository.Snapshots;

/// <summary>
/// A stored snapshot, open for reading. Opening costs the same whatever the size of the guest. Any thread may use it; it stays usable when
/// the snapshot is renamed meanwhile, and what was opened stays readable when it is removed.
/// </summary>
public sealed class Snapshot : IDisposable
{
    private readonly LinuxDirectory directory;
    private readonly DeviceFileSource devices;
    private readonly Lock gate = new();
    private RamImageSource? ram;
    private bool disposed;

    internal Snapshot(string name, LinuxDirectory directory)
    {
        this.directory = directory;
        Name = name;
        Manifest = ManifestReader.Read(ManifestFile.Read(directory));
        devices = new DeviceFileSource(directory, Manifest.Devices, Manifest.Description);
    }

    /// <summary>The name by which it was opened.</summary>
    public string Name { get; }

    /// <summary>The path of its directory when it was opened.</summary>
    public string DirectoryPath => directory.Name;

    /// <summary>What the manifest says; its checksum was right.</summary>
    public SnapshotManifest Manifest { get; }

    /// <summary>The guest's RAM. Every 64 KiB are checked when they are read.</summary>
    /// <exception cref="DamagedStateException">A file is missing, has the wrong size or another snapshot's checksums.</exception>
    public IRamSource Ram => OpenRam();

    /// <summary>The guest's devices; checked when they are read.</summary>
    public IDeviceStateSource Devices => devices;

    /// <summary>
    /// The path of a block's image: byte offset in the file is offset in the block, holes are zeros. For programs that map it; nothing may
    /// write to it.
    /// </summary>
    public string RamImagePath(int blockIndex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(blockIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(blockIndex, Manifest.RamBlocks.Count);
        return Path.Combine(DirectoryPath, SnapshotFiles.RamDirectory, RamImageSink.ImageName(blockIndex));
    }

    /// <summary>
    /// Checks everything but the contents of RAM: the device state and the description against their checksums, the sizes of all files,
    /// and that the tables of RAM checksums are this snapshot's. Costs the same whatever the size of the guest.
    /// </summary>
    /// <exception cref="DamagedStateException">The first thing that is not as it was saved.</exception>
    public void VerifyLayout()
    {
        devices.Save();
        OpenRam();
    }

    /// <summary>Checks all of RAM, every 64 KiB against its checksum.</summary>
    /// <param name="progress">Told the bytes of RAM that are checked so far.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="DamagedStateException">The first 64 KiB that are not what was saved.</exception>
    public void VerifyRam(IProgress<long>? progress, CancellationToken cancellationToken) =>
        VerifyRam(defect => throw defect, progress, cancellationToken);

    /// <summary>The pages that resumed guests asked for; null when no lazy resume has left any. Nothing but a hint.</summary>
    /// <exception cref="DamagedStateException">The file is not what was written, or not for this snapshot.</exception>
    /// <exception cref="UnsupportedFormatException">It was written by a newer version.</exception>
    /// <exception cref="IOException">The file system refused.</exception>
    public WorkingSet? ReadWorkingSet() => new WorkingSetStore(directory, Manifest.RamBlocks).Read();

    /// <summary>
    /// Adds pages that a resumed guest asked for, durably and in one step; others may do so at the same time. A damaged working set is
    /// replaced, one that a newer version wrote stays as it is.
    /// </summary>
    /// <param name="needed">Pages in the order in which they were first asked for.</param>
    /// <param name="isNewResume">False when these are further pages of a resume that has added some already.</param>
    /// <exception cref="UnsupportedFormatException">It was written by a newer version.</exception>
    /// <exception cref="IOException">The file system refused.</exception>
    public void AddToWorkingSet(IReadOnlyList<PageAddress> needed, bool isNewResume) =>
        new WorkingSetStore(directory, Manifest.RamBlocks).Add(needed, isNewResume);

    /// <summary>Closes the files. Readers that are still open fail.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var image in ram?.Images ?? []) image.Dispose();
            directory.Dispose();
        }
    }

    internal void VerifyRam(Action<DamagedStateException> found, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var buffer = new NativeBuffer(ChunkGeometry.ChunkBytes, RamBlock.PageSize);
        long done = 0;
        foreach (var image in OpenRam().Images)
            image.Verify(buffer.Span, found, bytes => progress?.Report(done += bytes), cancellationToken);
    }

    private RamImageSource OpenRam()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return ram ??= new RamImageSource(OpenImages());
        }
    }

    private List<StoredRamImage> OpenImages()
    {
        var images = new List<StoredRamImage>();
        try
        {
            using var files = SnapshotFiles.OpenRamDirectory(directory);
            foreach (var stored in Manifest.RamBlocks) images.Add(new StoredRamImage(files, stored.Block, stored.TableSum));
            return images;
        }
        catch
        {
            foreach (var image in images) image.Dispose();
            throw;
        }
    }
}
