using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Guests;

namespace Savevm.Disks;

/// <summary>Disks of resumed guests that have ended and wanted them temporary.</summary>
internal static class EndedGuests
{
    /// <summary>Removes them, except for those that are part of a snapshot since: a capture of that guest froze them.</summary>
    /// <returns>The disks of guests that are left.</returns>
    public static IReadOnlyList<GuestFolder> Clean(SnapshotRepository repository)
    {
        var layers = new Lazy<HashSet<string>>(() =>
        [
            .. repository.List().Select(entry => entry.Manifest).OfType<Repository.Snapshots.SnapshotManifest>()
                .SelectMany(manifest => RecordedDisk.Parse(manifest.Disks)).SelectMany(disk => disk.Layers).Select(layer => layer.Path)
        ]);
        return GuestFolder.List(repository.Path, path => layers.Value.Contains(path));
    }
}
