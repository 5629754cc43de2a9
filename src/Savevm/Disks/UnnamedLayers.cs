using Savevm.Qemu.Disks;
using Savevm.Repository.Snapshots;

namespace Savevm.Disks;

/// <summary>
/// Layers whose files have no name any more (<c>snapshot=on</c>): they end with their QEMU, so they are copied into the snapshot.
/// </summary>
internal static class UnnamedLayers
{
    /// <summary>Copies the unnamed layers of a disk; nobody writes to them any more. Null where all have names.</summary>
    /// <param name="layers">The disk's layers, topmost first.</param>
    /// <param name="writer">The snapshot.</param>
    /// <param name="disk">The number of the disk.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <returns>All layers; the copied ones with a path relative to the snapshot's folder.</returns>
    public static IReadOnlyList<DiskFile>? CopyOut(IReadOnlyList<DiskLayer> layers, SnapshotWriter writer, int disk, CancellationToken cancellationToken)
    {
        if (layers.All(layer => layer.Unlinked is null)) return null;
        var folder = writer.DiskFolder();
        var files = new List<DiskFile>();
        // From the bottom up, so that each copy can name the one below it; side by side, they are found wherever the snapshot is moved to.
        for (var i = layers.Count - 1; i >= 0; i--)
        {
            var layer = layers[i];
            if (layer.Unlinked is not { } source)
            {
                if (layer.Path is { } path) files.Insert(0, DiskFile.Read(path, path, layer.Node.Driver));
                continue;
            }
            var name = FormattableString.Invariant($"{disk:00}-{i}.qcow2");
            var copy = Path.Combine(folder, name);
            SparseCopy.Run(source, copy, cancellationToken);
            if (i + 1 < layers.Count)
            {
                var below = layers[i + 1];
                OverlayImage.SetBacking(copy, below.Unlinked is null ? below.Node.FileName : Path.GetFileName(files[0].Path), below.Node.Driver);
            }
            files.Insert(0, DiskFile.Read(copy, Path.Combine(Path.GetFileName(folder), name), layer.Node.Driver));
        }
        return files;
    }
}
