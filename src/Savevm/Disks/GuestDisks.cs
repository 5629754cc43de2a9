using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.Disks;
using Savevm.Recorded;
using Savevm.Repository.Guests;

namespace Savevm.Disks;

/// <summary>
/// The disks of one guest that is brought back: overlays of its own over the frozen images, so that it can write and the snapshot stays what it
/// is, however many guests there are.
/// </summary>
internal sealed class GuestDisks
{
    private readonly DiskUse use;
    private readonly List<(string Overlay, string Base)> made = [];
    private GuestFolder? folder;

    private GuestDisks(DiskUse use) => this.use = use;

    /// <summary>What stands in the place of the disks of the command line.</summary>
    public IReadOnlyList<DiskReplacement> Replacements { get; private set; } = [];

    /// <summary>The images that the guest writes to.</summary>
    public IReadOnlyList<string> Overlays => [.. made.Select(disk => disk.Overlay)];

    /// <summary>Makes the overlays.</summary>
    /// <param name="disks">The disks to bring back; checked.</param>
    /// <param name="snapshotFolder">The folder of the snapshot.</param>
    /// <param name="repositoryPath">The repository.</param>
    /// <param name="snapshot">The snapshot's name.</param>
    /// <param name="use">What is to be done with them.</param>
    /// <exception cref="IOException">The file system refused; nothing is left.</exception>
    public static GuestDisks Make(IReadOnlyList<RecordedDisk> disks, string snapshotFolder, string repositoryPath, string snapshot, DiskUse use)
    {
        var guest = new GuestDisks(use);
        var replacements = new List<DiskReplacement>();
        try
        {
            foreach (var disk in disks)
            {
                if (disk.Anchor is not { } anchor) continue;
                if (disk.IsEmpty) replacements.Add(new DiskReplacement(anchor, null, "", true, disk.CoveredNodes));
                else if (disk.IsReadOnly) replacements.Add(new DiskReplacement(anchor, Place(disk, snapshotFolder), disk.Driver, true, disk.CoveredNodes));
                else
                {
                    guest.folder ??= GuestFolder.Create(repositoryPath, snapshot);
                    replacements.Add(new DiskReplacement(anchor, guest.Overlay(disk, snapshotFolder), "qcow2", false, disk.CoveredNodes));
                }
            }
            guest.folder?.Describe(null, isTemporary: true, guest.made);
        }
        catch
        {
            guest.Remove();
            throw;
        }
        guest.Replacements = replacements;
        return guest;
    }

    /// <summary>The guest's process is there.</summary>
    public void Belongs(int processId) => folder?.Describe(processId, isTemporary: true, made);

    /// <summary>The guest runs: from now on its disks are its user's.</summary>
    public void GuestRuns(int? processId) => folder?.Describe(processId, use == DiskUse.Temporary, made);

    /// <summary>Removes them: the guest never ran, or it has ended and wanted them temporary.</summary>
    public void Remove() => folder?.Remove();

    /// <summary>The guest has ended: what was temporary goes.</summary>
    public void GuestEnded()
    {
        if (folder?.IsTemporary == true) folder.Remove();
    }

    private string Overlay(RecordedDisk disk, string snapshotFolder)
    {
        var path = Path.Combine(folder!.Path, FormattableString.Invariant($"disk{made.Count}.savevm-{folder.Snapshot}.qcow2"));
        var below = Place(disk, snapshotFolder);
        if (IsThere(disk, below)) OverlayImage.Create(path, disk.Bytes, below, disk.Driver);
        else OverlayImage.Create(path, disk.Bytes, null, null);
        made.Add((path, disk.Layers.Count > 0 ? Path.Combine(snapshotFolder, disk.Layers[0].Path) : below));
        return path;
    }

    // Where it vanished, the user said to go on without it (--disks ignore): a blank disk of its size.
    private static bool IsThere(RecordedDisk disk, string below)
    {
        if (disk.Layers.Count == 0 || below.StartsWith("json:", StringComparison.Ordinal)) return true;
        try
        {
            _ = FileIdentity.Of(below);
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    // What is part of the snapshot is named relative to it.
    private static string Place(RecordedDisk disk, string snapshotFolder) =>
        disk.Layers.Count > 0 && !Path.IsPathRooted(disk.Layers[0].Path) && disk.File == disk.Layers[0].Path ? Path.Combine(snapshotFolder, disk.File) : disk.File;
}
