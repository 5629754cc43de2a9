using Savevm.Linux.Files;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Repository.Pages;
using Savevm.Repository.Sections;

namespace Savevm.Repository.Snapshots;

/// <summary>
/// A snapshot that is being written, under a name that nobody sees. <see cref="Commit"/> makes it appear, whole and durable; disposing of
/// it before that removes every trace. Belongs to one thread, except for the page writers of <see cref="Ram"/>.
/// </summary>
public sealed class SnapshotWriter : IDisposable
{
    private readonly LinuxDirectory repository, directory, ramDirectory;
    private readonly string stagingName;
    private readonly bool isDurable;
    private readonly RamImageSink ram;
    private readonly DeviceFileSink devices;
    private bool committed, disposed, hasDisks;

    internal SnapshotWriter(LinuxDirectory repository, string name, bool isDurable)
    {
        this.repository = repository;
        this.isDurable = isDurable;
        Name = name;
        (stagingName, directory) = StagingDirectory.Create(repository, name);
        try
        {
            directory.TryCreateDirectory(SnapshotFiles.RamDirectory);
            ramDirectory = directory.OpenDirectory(SnapshotFiles.RamDirectory);
        }
        catch
        {
            repository.RemoveTree(stagingName);
            directory.Dispose();
            throw;
        }
        ram = new RamImageSink(ramDirectory, isDurable);
        devices = new DeviceFileSink(directory);
    }

    /// <summary>The name that the snapshot will have.</summary>
    public string Name { get; }

    /// <summary>Where the RAM goes.</summary>
    public IRamSink Ram => ram;

    /// <summary>Where the device state goes.</summary>
    public IDeviceStateSink Devices => devices;

    /// <summary>
    /// The path of a folder for images of disks, made when it is first asked for. Whoever writes there syncs his files; the folder becomes part
    /// of the snapshot with <see cref="Commit"/>.
    /// </summary>
    public string DiskFolder()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        directory.TryCreateDirectory(SnapshotFiles.DiskDirectory);
        hasDisks = true;
        return System.IO.Path.Combine(directory.Name, SnapshotFiles.DiskDirectory);
    }

    /// <summary>
    /// Notes files that will be made outside of the repository and that nobody uses yet: when this process is killed, whoever opens the repository next
    /// removes those that are empty or have not changed in size.
    /// </summary>
    /// <param name="files">Where they will be, and how long they will be when they are made.</param>
    public void NoteFiles(IEnumerable<(string Path, long Bytes)> files)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        StagedFiles.Note(directory, files);
    }

    /// <summary>The files that were noted are used from now on.</summary>
    public void ForgetFiles() => StagedFiles.Forget(directory);

    /// <summary>
    /// Ends the writing of RAM: computes the checksums that are still missing and writes them. All page writers were flushed and disposed
    /// of. Takes time only for RAM that was sent more than once. Calling it again does nothing.
    /// </summary>
    /// <exception cref="IOException">Not all RAM could be written.</exception>
    public void SealPages(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ram.Seal(cancellationToken);
    }

    /// <summary>
    /// Makes the snapshot appear under its name. When this returns, it is on the disk and survives a power cut, unless it was begun as one that
    /// need not; when it throws, there is none.
    /// </summary>
    /// <param name="facts">What is known about the machine beside its state.</param>
    /// <param name="cancellationToken">Cancels until the snapshot appears.</param>
    /// <returns>The manifest of the snapshot.</returns>
    /// <exception cref="SnapshotExistsException">The name was taken meanwhile.</exception>
    /// <exception cref="IOException">The file system refused, for example because it is full.</exception>
    public SnapshotManifest Commit(SnapshotFacts facts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ObjectDisposedException.ThrowIf(disposed, this);
        if (committed) throw new InvalidOperationException("The snapshot is committed already.");
        var stored = devices.Stored ?? throw new InvalidOperationException("The device state was not accepted yet.");
        var images = ram.Seal(cancellationToken);
        var manifestBytes = ManifestWriter.Write(Name, facts, images, stored, devices.Description);
        // What cannot be read back must not become a snapshot.
        var manifest = ManifestReader.Read(manifestBytes);
        using (var file = directory.CreateFile(SnapshotFiles.Manifest))
        {
            file.Write(manifestBytes, 0);
            if (isDurable) file.SyncData();
        }
        if (isDurable) Sync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (!repository.TryRename(stagingName, Name)) throw new SnapshotExistsException(Name, repository.Name);
        committed = true;
        if (isDurable) repository.Sync();
        return manifest;
    }

    private void Sync(CancellationToken cancellationToken)
    {
        devices.Sync();
        ram.Sync(cancellationToken);
        ramDirectory.Sync();
        if (hasDisks)
        {
            using var disks = directory.OpenDirectory(SnapshotFiles.DiskDirectory);
            disks.Sync();
        }
        directory.Sync();
    }

    /// <summary>Closes the files, and removes them unless they were committed.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        ram.Dispose();
        ramDirectory.Dispose();
        try
        {
            if (!committed) repository.RemoveTree(stagingName);
        }
        catch (IOException)
        {
            // It is invisible, and the next to open the repository removes it.
        }
        finally
        {
            directory.Dispose();
        }
    }
}
