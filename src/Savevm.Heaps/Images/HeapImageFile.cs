using Savevm.Linux.Files;

namespace Savevm.Heaps.Images;

/// <summary>
/// An image that is being written: beside the one it replaces, under its name and <c>.partial</c>, and renamed when it is whole and on the disk. Whatever
/// ends the process before, the image that was there is untouched; what is left of the new one is written over by the next.
/// </summary>
internal sealed class HeapImageFile : IDisposable
{
    private const string Suffix = ".partial";
    private const int MaximumAttempts = 100;

    private readonly LinuxDirectory folder;
    private readonly string name;
    private bool isDone;

    private HeapImageFile(LinuxDirectory folder, string name, LinuxFile file)
    {
        this.folder = folder;
        this.name = name;
        File = file;
    }

    /// <summary>The file, empty at first.</summary>
    public LinuxFile File { get; }

    /// <summary>Makes it.</summary>
    /// <exception cref="IOException">The folder cannot be written to, or somebody is saving to the same path.</exception>
    public static HeapImageFile Create(string path)
    {
        path = Path.GetFullPath(path);
        var name = Path.GetFileName(path);
        var folder = LinuxDirectory.Open(Path.GetDirectoryName(path)!);
        try
        {
            for (var attempt = 0; attempt < MaximumAttempts; attempt++)
            {
                var file = folder.OpenOrCreateFile(name + Suffix);
                if (!file.TryLock())
                {
                    file.Dispose();
                    throw new IOException($"{path}: another snapshot is being written to this path");
                }
                // Who had the lock may have renamed the file in between: then it is an image, and not ours to empty.
                if (folder.StatusOf(name + Suffix) is { } found && found.IsSameFile(file.Status()))
                {
                    file.SetLength(0);
                    return new HeapImageFile(folder, name, file);
                }
                file.Dispose();
            }
            throw new IOException($"{path}: other snapshots are being written to this path");
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>It is whole: it takes the place of the one that was there. Where that is wanted it is on the disk before, and its name when this returns.</summary>
    public void Commit(bool flush)
    {
        if (flush) File.SyncData();
        folder.Replace(name + Suffix, name);
        isDone = true;
        if (flush) folder.Sync();
    }

    /// <summary>Removes it when it is not whole.</summary>
    public void Dispose()
    {
        try
        {
            // While the lock is held it is ours.
            if (!isDone) folder.RemoveFile(name + Suffix);
        }
        finally
        {
            File.Dispose();
            folder.Dispose();
        }
    }
}
