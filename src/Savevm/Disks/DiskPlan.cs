using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Qemu.CommandLine;
using Savevm.Recorded;
using Savevm.Resumes;

namespace Savevm.Disks;

/// <summary>
/// Which of the recorded disks a resume brings back, decided and checked before anything is started. Of the recorded command line: all. Of a
/// user's own: those that it names, for what else it names is its user's.
/// </summary>
internal static class DiskPlan
{
    /// <summary>The disks to bring back.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="disks">The recorded disks.</param>
    /// <param name="snapshotFolder">The folder of the snapshot.</param>
    /// <param name="emulator">The QEMU that is started for it; null for one that has its disks already.</param>
    /// <param name="observer">Told what cannot be checked.</param>
    /// <exception cref="SavevmException">A disk changed or vanished.</exception>
    public static IReadOnlyList<RecordedDisk> Choose(
        ResumeRequest request, IReadOnlyList<RecordedDisk> disks, string snapshotFolder, EmulatorChoice? emulator, IOperationObserver observer)
    {
        if (emulator is null)
        {
            var writable = disks.Where(disk => disk is { IsReadOnly: false, IsEmpty: false }).Select(disk => disk.Device).ToList();
            if (writable.Count > 0 && request.Disks != DiskUse.Ignore)
            {
                throw Refuse(
                    request, $"a QEMU that is running already has disks of its own, which savevm cannot compare with those of the capture: {string.Join(", ", writable)}",
                    "--disks ignore resumes it all the same, when you know that they stand as they stood");
            }
            return [];
        }
        var line = QemuCommandLine.Parse(emulator.Arguments);
        var chosen = emulator.IsUsersOwn ? Named(disks, line, emulator.WorkingDirectory, snapshotFolder, observer) : disks;
        if (request.Disks != DiskUse.Ignore) Check(request, chosen, snapshotFolder);
        return emulator.IsUsersOwn ? chosen : Changed(chosen, line, emulator.WorkingDirectory, snapshotFolder);
    }

    // What cannot be written and stands on the recorded command line as it was found is opened as recorded.
    private static List<RecordedDisk> Changed(IReadOnlyList<RecordedDisk> disks, QemuCommandLine line, string folder, string snapshotFolder)
    {
        var files = new CommandLineDisks(line, DriveNames(disks)).Files(folder).ToList();
        return [.. disks.Where(disk => disk switch
        {
            { Anchor: null } => false,
            { IsEmpty: true } => files.Any(file => file.Anchor == disk.Anchor),
            { IsReadOnly: true, Layers.Count: 0 } => false,
            { IsReadOnly: true } => !files.Any(file => file.Anchor == disk.Anchor && IsSame(file.Path, Path.Combine(snapshotFolder, disk.Layers[0].Path))),
            _ => true,
        })];
    }

    private static List<string> DriveNames(IReadOnlyList<RecordedDisk> disks) =>
        [.. disks.Select(disk => disk.Anchor).OfType<DiskAnchor>().Where(anchor => anchor.IsDrive).Select(anchor => anchor.Name)];

    private static void Check(ResumeRequest request, IReadOnlyList<RecordedDisk> disks, string snapshotFolder)
    {
        foreach (var disk in disks.Where(disk => !disk.IsEmpty))
        {
            if (disk is { IsUnfrozen: true, IsReadOnly: false })
            {
                throw Refuse(
                    request, $"the disk {disk.Device} was not kept with the guest's RAM and may have changed since: {disk.File}",
                    "--disks ignore resumes it all the same, when you know that it stands as it stood");
            }
            if (disk.Layers.Select(layer => layer.Difference(snapshotFolder)).FirstOrDefault(difference => difference is not null) is { } changed)
            {
                throw Refuse(
                    request, $"the disk {disk.Device} is not what it was at the capture: {changed}",
                    "bring it back as it was; --disks ignore resumes with what is there, and the guest finds a disk that does not fit its memory");
            }
        }
    }

    // A command line may name the image at the top, or any below it: the image it was started with, before a capture put others over it.
    private static List<RecordedDisk> Named(
        IReadOnlyList<RecordedDisk> disks, QemuCommandLine line, string folder, string snapshotFolder, IOperationObserver observer)
    {
        var chosen = new List<RecordedDisk>();
        var left = disks.Where(disk => disk is { IsEmpty: false }).ToList();
        foreach (var (anchor, path, isReadOnly) in new CommandLineDisks(line, DriveNames(disks)).Files(folder))
        {
            var match = left.FirstOrDefault(disk => disk.Layers.Any(layer => IsSame(Path.Combine(snapshotFolder, layer.Path), path)));
            if (match is null)
            {
                if (!isReadOnly) observer.Note($"the disk {anchor.Name} of your command line is used as given: {path}");
                continue;
            }
            left.Remove(match);
            if (!match.IsReadOnly) chosen.Add(match with { Anchor = anchor, CoveredNodes = Covered(line, anchor, folder, path) });
        }
        return chosen;
    }

    // Nodes that bring the file to the node that the anchor names.
    private static List<string> Covered(QemuCommandLine line, DiskAnchor anchor, string folder, string path) =>
        anchor.IsDrive ? [] : [.. line.All("blockdev")
            .Select(option => OptionValue.Parse(option.Text, "driver"))
            .Where(node => node.Text("filename") is { } file && Path.Combine(folder, file) == path && node.Text("node-name") != anchor.Name)
            .Select(node => node.Text("node-name"))
            .OfType<string>()];

    private static bool IsSame(string one, string other)
    {
        if (one == other) return true;
        try
        {
            var first = FileIdentity.Of(one);
            var second = FileIdentity.Of(other);
            return first.Device == second.Device && first.Inode == second.Inode;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static SavevmException Refuse(ResumeRequest request, string why, string hint) => new(ExitCode.Incompatible, $"resume of {request.Name}", why, hint);
}
