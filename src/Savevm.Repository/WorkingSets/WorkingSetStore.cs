using Savevm.Linux.Files;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Repository.Snapshots;

namespace Savevm.Repository.WorkingSets;

// Resumes of one snapshot that end at once must not undo each other's work: each reads, merges and replaces under a lock. The lock is that
// of the very file that will replace the other one: it is made by whoever comes first, and it is gone from its name once it has been
// renamed into place. Whoever waited for it then holds the lock of a file of another name, sees that, and begins anew. A file that a
// killed process left there is nobody's, and the next one writes over it.

/// <summary>The working set in a snapshot's directory: read whole, replaced in one step.</summary>
internal sealed class WorkingSetStore(LinuxDirectory directory, IReadOnlyList<StoredRamBlock> stored)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="DamagedStateException">It is not what was written, or not for this snapshot.</exception>
    /// <exception cref="UnsupportedFormatException">It was written by a newer version.</exception>
    /// <exception cref="IOException">The file system refused.</exception>
    internal WorkingSet? Read()
    {
        if (directory.StatusOf(SnapshotFiles.WorkingSet) is null) return null;
        using var file = SnapshotFiles.Open(directory, SnapshotFiles.WorkingSet, SnapshotFiles.WorkingSet);
        var length = file.Status().Length;
        if (length > WorkingSetFile.MaximumBytes)
            throw new DamagedStateException(SnapshotFiles.WorkingSet, -1, $"has {length} bytes, more than {WorkingSetFile.MaximumBytes}");
        var bytes = new byte[length];
        if (file.Read(bytes, 0) != bytes.Length) throw new DamagedStateException(SnapshotFiles.WorkingSet, -1, "is cut off");
        return WorkingSetFile.Read(bytes, stored);
    }

    /// <summary>Merges pages into it. A damaged one is replaced; one that a newer version wrote is left alone.</summary>
    /// <exception cref="UnsupportedFormatException">It was written by a newer version.</exception>
    /// <exception cref="IOException">The file system refused, or others write it without an end.</exception>
    internal void Add(IReadOnlyList<PageAddress> needed, bool isNewResume)
    {
        using var next = OpenNext();
        try
        {
            IReadOnlyList<RamBlock> blocks = [.. stored.Select(one => one.Block)];
            var merged = WorkingSetMerge.Merge(blocks, ReadUndamaged(), needed, isNewResume, RepositoryLimits.WorkingSetPages);
            next.SetLength(0);
            next.Write(WorkingSetFile.Write(merged, stored), 0);
            next.SyncData();
            directory.Replace(SnapshotFiles.NewWorkingSet, SnapshotFiles.WorkingSet);
        }
        catch
        {
            directory.RemoveFile(SnapshotFiles.NewWorkingSet);
            throw;
        }
        directory.Sync();
    }

    private WorkingSet? ReadUndamaged()
    {
        try
        {
            return Read();
        }
        catch (DamagedStateException)
        {
            return null;
        }
    }

    /// <summary>Opens the file that is to replace the other one, and holds its lock.</summary>
    private LinuxFile OpenNext()
    {
        for (var end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; Thread.Sleep(Pause))
        {
            var next = directory.OpenOrCreateFile(SnapshotFiles.NewWorkingSet);
            try
            {
                if (next.TryLock() && directory.StatusOf(SnapshotFiles.NewWorkingSet) is { } named && named.IsSameFile(next.Status()))
                {
                    GiveToOwner(next);
                    return next;
                }
            }
            catch
            {
                next.Dispose();
                throw;
            }
            next.Dispose();
        }
        throw new IOException($"{directory.Name}/{SnapshotFiles.NewWorkingSet}: others have it");
    }

    /// <summary>Root may resume another user's snapshot, who must still be able to read all of it afterwards.</summary>
    private void GiveToOwner(LinuxFile next)
    {
        var owner = directory.Status();
        if (next.Status().UserId == 0 && owner.UserId != 0) next.SetOwner(owner.UserId, owner.GroupId);
    }
}
