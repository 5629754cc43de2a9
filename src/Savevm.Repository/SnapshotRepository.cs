using System.Text.Json.Nodes;
using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Machine;
using Savevm.Repository.Snapshots;

namespace Savevm.Repository;

/// <summary>
/// A directory of snapshots, one directory each. Several processes may use it at once: a snapshot appears and disappears in one step, and
/// whoever reads one keeps what it opened. Any thread may call.
/// </summary>
public sealed class SnapshotRepository : IDisposable
{
    private readonly LinuxDirectory directory;

    private SnapshotRepository(LinuxDirectory directory) => this.directory = directory;

    /// <summary>The repository's path.</summary>
    public string Path => directory.Name;

    /// <summary>Opens a repository, and removes what writers left in it that died.</summary>
    /// <param name="path">Its directory.</param>
    /// <param name="create">Make the directory when it is missing, for its owner only.</param>
    /// <exception cref="RepositoryNotFoundException">There is none and it was not to be made.</exception>
    /// <exception cref="IOException">The file system refused.</exception>
    public static SnapshotRepository Open(string path, bool create)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = System.IO.Path.GetFullPath(path);
        if (create) Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var directory = LinuxDirectory.Open(full);
            var repository = new SnapshotRepository(directory);
            StagingDirectory.CleanLeftovers(directory);
            return repository;
        }
        catch (LinuxException error) when (error.ErrorNumber is Errno.ENOENT or FileErrno.ENOTDIR)
        {
            throw new RepositoryNotFoundException(full);
        }
    }

    /// <summary>All snapshots by name, damaged ones too.</summary>
    public IReadOnlyList<SnapshotEntry> List()
    {
        var entries = new List<SnapshotEntry>();
        foreach (var name in directory.EntryNames().Where(SnapshotName.IsValid).Order(StringComparer.Ordinal))
            if (directory.StatusOf(name) is { Kind: FileKind.Directory } && Describe(name) is { } entry) entries.Add(entry);
        return entries;
    }

    /// <summary>Opens a snapshot.</summary>
    /// <exception cref="SnapshotNotFoundException">There is none of this name.</exception>
    /// <exception cref="ArgumentException">This cannot be a name.</exception>
    /// <exception cref="DamagedStateException">Its manifest cannot be read.</exception>
    /// <exception cref="UnsupportedFormatException">It was written by a newer version.</exception>
    public Snapshot Find(string name)
    {
        var opened = OpenDirectory(name);
        try
        {
            return new Snapshot(name, opened);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a snapshot of this name, damaged or not.</summary>
    public bool Contains(string name) => SnapshotName.IsValid(name) && directory.StatusOf(name) is { Kind: FileKind.Directory };

    /// <summary>
    /// Removes a snapshot, damaged or not. It disappears in one step; guests that have mapped its RAM images keep them.
    /// </summary>
    /// <exception cref="SnapshotNotFoundException">There is none of this name.</exception>
    public void Remove(string name)
    {
        OpenDirectory(name).Dispose();
        var removal = StagingDirectory.NameForRemoval(name);
        Move(name, removal);
        directory.Sync();
        directory.RemoveTree(removal);
    }

    /// <summary>Gives a snapshot another name, in one step.</summary>
    /// <exception cref="SnapshotNotFoundException">There is none of the old name.</exception>
    /// <exception cref="SnapshotExistsException">There is one of the new name.</exception>
    public void Rename(string oldName, string newName)
    {
        SnapshotName.Validate(newName);
        OpenDirectory(oldName).Dispose();
        if (!Move(oldName, newName)) throw new SnapshotExistsException(newName, Path);
        directory.Sync();
    }

    /// <summary>Replaces the tags of a snapshot, in one step. Of two that do so at once, one wins.</summary>
    /// <exception cref="SnapshotNotFoundException">There is none of this name.</exception>
    /// <exception cref="DamagedStateException">Its manifest cannot be read.</exception>
    /// <exception cref="UnsupportedFormatException">Only newer versions may change it.</exception>
    /// <exception cref="ArgumentException">There are too many tags, or one is too long.</exception>
    public void SetTags(string name, IReadOnlyDictionary<string, string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        ManifestWriter.CheckTags(tags);
        Change(name, fields => fields[ManifestFormat.Tags] = ManifestWriter.TagsOf(tags));
    }

    /// <summary>Replaces what is recorded of the disks, in one step: their files were merged or moved.</summary>
    /// <exception cref="SnapshotNotFoundException">There is none of this name.</exception>
    /// <exception cref="DamagedStateException">Its manifest cannot be read.</exception>
    /// <exception cref="UnsupportedFormatException">Only newer versions may change it.</exception>
    public void SetDisks(string name, JsonArray disks)
    {
        ArgumentNullException.ThrowIfNull(disks);
        Change(name, fields => fields[ManifestFormat.Disks] = disks.DeepClone());
    }

    private void Change(string name, Action<JsonObject> change)
    {
        using var snapshot = OpenDirectory(name);
        JsonObject fields = ManifestReader.ReadForChange(ManifestFile.Read(snapshot));
        change(fields);
        var bytes = ManifestFile.Serialize(fields);
        _ = ManifestReader.Read(bytes);
        var temporary = $"{SnapshotFiles.NewManifest}-{Guid.NewGuid():N}";
        try
        {
            using (var file = snapshot.CreateFile(temporary))
            {
                file.Write(bytes, 0);
                file.SyncData();
            }
            snapshot.Replace(temporary, SnapshotFiles.Manifest);
        }
        catch
        {
            snapshot.RemoveFile(temporary);
            throw;
        }
        snapshot.Sync();
    }

    /// <summary>Begins to write a snapshot. Nothing of it can be seen before it is committed.</summary>
    /// <exception cref="SnapshotExistsException">The name is taken.</exception>
    /// <exception cref="ArgumentException">This cannot be a name.</exception>
    /// <param name="name">The name.</param>
    /// <param name="isDurable">It shall survive a power cut; false for one that is gone soon.</param>
    public SnapshotWriter BeginSnapshot(string name, bool isDurable = true)
    {
        SnapshotName.Validate(name);
        if (directory.StatusOf(name) is not null) throw new SnapshotExistsException(name, Path);
        return new SnapshotWriter(directory, name, isDurable);
    }

    /// <summary>Bytes that may still be written to the file system of the repository.</summary>
    public long FreeBytes() => directory.FreeBytes();

    /// <summary>Closes the repository. Snapshots that were opened stay open; writers must be finished.</summary>
    public void Dispose() => directory.Dispose();

    internal LinuxDirectory OpenDirectory(string name)
    {
        SnapshotName.Validate(name);
        try
        {
            return directory.OpenDirectory(name);
        }
        catch (LinuxException error) when (SnapshotFiles.IsNotThere(error))
        {
            throw new SnapshotNotFoundException(name, Path);
        }
    }

    private bool Move(string from, string to)
    {
        try
        {
            return directory.TryRename(from, to);
        }
        catch (LinuxException error) when (error.ErrorNumber == Errno.ENOENT)
        {
            throw new SnapshotNotFoundException(from, Path);
        }
    }

    /// <summary>What a listing says about a directory; null when it was removed meanwhile.</summary>
    private SnapshotEntry? Describe(string name)
    {
        try
        {
            using var snapshot = Find(name);
            return new SnapshotEntry(name, snapshot.Manifest, null);
        }
        catch (SnapshotNotFoundException)
        {
            return null;
        }
        catch (Exception problem) when (problem is DamagedStateException or IOException)
        {
            return directory.StatusOf(name) is null ? null : new SnapshotEntry(name, null, problem.Message);
        }
    }
}
