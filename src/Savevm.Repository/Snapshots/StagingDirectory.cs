using System.Globalization;
using System.Security.Cryptography;
using Savevm.Linux;
using Savevm.Linux.Files;

namespace Savevm.Repository.Snapshots;

// A snapshot is written in a directory ".tmp-NAME-PID-RANDOM" whose lock the writer holds for as long as it lives; the kernel drops
// the lock when the process dies, however it dies. So a directory of this kind whose lock can be taken belongs to nobody. The lock is on
// the directory itself and not on its name: a cleaner that waited while the writer renamed the directory into place would hold the lock
// of a finished snapshot. Hence it compares, once it has the lock, what it has open with what the name means now.

/// <summary>Directories that are not snapshots yet, or no more: made, told from living ones, and removed.</summary>
internal static class StagingDirectory
{
    private const string WritingPrefix = ".tmp-", RemovingPrefix = ".rm-";
    private const int MaximumAttempts = 16;

    /// <summary>Makes and locks a directory to write a snapshot in.</summary>
    internal static (string Name, LinuxDirectory Directory) Create(LinuxDirectory repository, string snapshotName)
    {
        for (var attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            var name = $"{WritingPrefix}{snapshotName}-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{Random()}";
            if (!repository.TryCreateDirectory(name)) continue;
            try
            {
                var directory = repository.OpenDirectory(name);
                if (directory.TryLock() && IsStill(repository, name, directory)) return (name, directory);
                directory.Dispose();
            }
            catch (LinuxException error) when (error.ErrorNumber == Errno.ENOENT)
            {
                // A cleaner was quicker than our lock; it cannot be with every name.
            }
        }
        throw new IOException($"{repository.Name}: no directory to write in could be made");
    }

    /// <summary>A name under which a snapshot waits for its removal, out of sight.</summary>
    internal static string NameForRemoval(string snapshotName) => $"{RemovingPrefix}{snapshotName}-{Random()}";

    /// <summary>An entry that dead writers and removers leave behind.</summary>
    internal static bool IsStaging(string entry) =>
        entry.StartsWith(WritingPrefix, StringComparison.Ordinal) || entry.StartsWith(RemovingPrefix, StringComparison.Ordinal);

    /// <summary>Removes what dead writers and removers left. Never fails: what cannot be removed stays for the next time.</summary>
    internal static void CleanLeftovers(LinuxDirectory repository)
    {
        foreach (var entry in repository.EntryNames())
        {
            try
            {
                if (entry.StartsWith(RemovingPrefix, StringComparison.Ordinal)) repository.RemoveTree(entry);
                else if (entry.StartsWith(WritingPrefix, StringComparison.Ordinal)) CleanIfDead(repository, entry);
            }
            catch (LinuxException)
            {
                // Another user's, a read-only repository, or gone meanwhile.
            }
        }
    }

    private static void CleanIfDead(LinuxDirectory repository, string entry)
    {
        using var directory = repository.OpenDirectory(entry);
        if (!directory.TryLock() || !IsStill(repository, entry, directory)) return;
        StagedFiles.Remove(directory);
        repository.RemoveTree(entry);
    }

    private static bool IsStill(LinuxDirectory repository, string name, LinuxDirectory directory) =>
        repository.StatusOf(name) is { } named && named.IsSameFile(directory.Status());

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
}
