using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Repository.Snapshots;

namespace Savevm.Running;

/// <summary>
/// Tells a snapshot from every other, also from one of the same name elsewhere or later: the folder itself, which a rename leaves what it
/// is, and the moment of the capture, since folders' numbers are given again.
/// </summary>
internal static class SnapshotIdentity
{
    /// <summary>The identity; null when the folder is gone already.</summary>
    public static string? Of(Snapshot snapshot)
    {
        try
        {
            var folder = FileIdentity.Of(snapshot.DirectoryPath);
            return FormattableString.Invariant($"{folder.Device:x}-{folder.Inode}-{snapshot.Manifest.Created.UtcTicks}");
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
