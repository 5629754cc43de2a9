using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Guests;

namespace Savevm.Disks;

/// <summary>
/// Which image stands on which, as far as the snapshots and resumed guests of a repository know. What others laid over an image cannot be known.
/// </summary>
internal sealed class ImageTree
{
    private readonly List<(string Upper, string Lower, string Owner)> standing = [];
    private readonly List<(string Top, string Snapshot)> tops = [];
    private readonly HashSet<string> guests = [];

    /// <summary>Reads it.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="except">A snapshot that does not count: it is being removed.</param>
    public static ImageTree Read(SnapshotRepository repository, string? except)
    {
        var tree = new ImageTree();
        foreach (var entry in repository.List())
        {
            if (entry.Manifest is null) continue;
            var owner = $"snapshot {entry.Name}";
            foreach (var disk in RecordedDisk.Parse(entry.Manifest.Disks).Where(disk => disk.Layers.Count > 0))
            {
                // What the source went on in stands there, whether or not the snapshot is kept.
                if (disk.Overlay is { } overlay && File.Exists(overlay)) tree.standing.Add((overlay, disk.Layers[0].Path, owner));
                if (entry.Name == except) continue;
                tree.tops.Add((disk.Layers[0].Path, entry.Name));
                for (var i = 1; i < disk.Layers.Count; i++) tree.standing.Add((disk.Layers[i - 1].Path, disk.Layers[i].Path, owner));
            }
        }
        foreach (var guest in GuestFolder.List(repository.Path))
        {
            var owner = guest.IsInUse ? $"the running guest {guest.ProcessId}" : $"a guest of {guest.Created.ToLocalTime():yyyy-MM-dd HH:mm} that has ended";
            foreach (var (overlay, below) in guest.Disks)
            {
                tree.standing.Add((overlay, below, owner));
                tree.guests.Add(overlay);
            }
        }
        return tree;
    }

    /// <summary>The images that stand directly on one, and whose they are.</summary>
    public IReadOnlyList<(string Upper, string Owner)> StandingOn(string image) =>
        [.. standing.Where(pair => pair.Lower == image).GroupBy(pair => pair.Upper, (upper, pairs) => (upper, string.Join(", ", pairs.Select(pair => pair.Owner).Distinct())))];

    /// <summary>Whether an image holds what a resumed guest wrote: that never goes into the disk that the guest came from.</summary>
    public bool IsGuests(string image) => guests.Contains(image);

    /// <summary>The snapshots whose disk an image is: what stands on it is not theirs.</summary>
    public IReadOnlyList<string> SnapshotsOf(string image) => [.. tops.Where(top => top.Top == image).Select(top => top.Snapshot).Distinct()];
}
