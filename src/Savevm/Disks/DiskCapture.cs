using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.Disks;
using Savevm.Qemu.Qmp;
using Savevm.Recorded;
using Savevm.Repository.Snapshots;

namespace Savevm.Disks;

/// <summary>
/// The disks of a machine that is being captured: RAM and disks must be of one instant. Where the guest may go on writing after that instant,
/// each writable disk gets an overlay while the guest stands still; the source goes on in it, and the snapshot refers to what is below.
/// </summary>
/// <remarks><code>
/// Plan      what there is, and what cannot be had; nothing is changed       (before anything moves)
/// OpenAsync overlay files, opened by QEMU beside the disks                  (the guest runs)
/// SwitchAsync one transaction                                               (the guest stands still)
/// Record    what the frozen files look like; unnamed layers are copied out  (the guest runs, or stands still for good)
/// UndoAsync takes back what OpenAsync did
/// </code></remarks>
internal sealed class DiskCapture
{
    private readonly CaptureRequest request;
    private readonly QemuFacts facts;
    private readonly SnapshotWriter writer;
    private readonly IReadOnlyList<(AttachedDisk Disk, IReadOnlyList<DiskLayer> Layers)> disks;
    private readonly List<DiskOverlay> overlays;
    private readonly List<string> made = [];
    private DiskFreeze? freeze;

    private DiskCapture(CaptureRequest request, QemuFacts facts, SnapshotWriter writer, bool goesOn)
    {
        this.writer = writer;
        this.request = request;
        this.facts = facts;
        disks = [.. facts.Disks.Select(disk => (disk, disk.Root is { } root ? DiskLayer.Of(root.Unfiltered, facts.Process?.ProcessId) : []))];
        overlays = goesOn && !request.IgnoreDisks ? PlanOverlays() : [];
    }

    /// <summary>Overlays will be put in place: the guest must stand still for a moment.</summary>
    public bool Switches => overlays.Count > 0;

    /// <summary>The overlays are in place.</summary>
    public bool IsSwitched => freeze?.IsDone == true;

    /// <summary>What the source writes to from the switch on.</summary>
    public IEnumerable<string> OverlayPaths => overlays.Select(overlay => overlay.Path);

    /// <summary>What QEMU is to be told when we are killed between <see cref="OpenAsync"/> and <see cref="SwitchAsync"/>.</summary>
    public IEnumerable<QmpCommand> UndoCommands => freeze?.UndoCommands() ?? [];

    /// <summary>Looks at the disks.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="facts">The source.</param>
    /// <param name="writer">The snapshot; layers without a name are copied into it.</param>
    /// <param name="goesOn">The guest may write after the instant of the snapshot.</param>
    /// <exception cref="SavevmException">Disks and RAM of one instant are not to be had; nothing was changed.</exception>
    public static DiskCapture Plan(CaptureRequest request, QemuFacts facts, SnapshotWriter writer, bool goesOn) => new(request, facts, writer, goesOn);

    /// <summary>Makes the overlays and lets QEMU open them.</summary>
    /// <exception cref="QemuException">QEMU refused or vanished; nothing is left.</exception>
    public async Task OpenAsync(QmpClient client, CancellationToken cancellationToken)
    {
        freeze = new DiskFreeze(client, overlays);
        try
        {
            // Noted first: killed at any byte of them, nothing is left.
            writer.NoteFiles(overlays.Select(overlay => (overlay.Path, OverlayImage.EmptyBytes(overlay.Below.VirtualBytes))));
            foreach (var overlay in overlays) Make(overlay);
            await freeze.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            RemoveFiles();
            throw;
        }
    }

    /// <summary>Puts the overlays in place. The guest stands still.</summary>
    /// <exception cref="QemuException">QEMU refused or vanished; the disks are as they were.</exception>
    public async Task SwitchAsync(CancellationToken cancellationToken)
    {
        if (freeze is null) return;
        // What holds the guest's writes is never removed by anybody.
        writer.ForgetFiles();
        await freeze.SwitchAsync(cancellationToken).ConfigureAwait(false);
        // A layer without a name disappears with its QEMU, and so does what stands on it.
        foreach (var overlay in overlays.Where(overlay => IsUnlinked(overlay.Below))) File.Delete(overlay.Path);
    }

    /// <summary>Takes back <see cref="OpenAsync"/>; does nothing once the overlays are in place.</summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        if (freeze is null || freeze.IsDone) return;
        await freeze.UndoAsync(cancellationToken).ConfigureAwait(false);
        RemoveFiles();
    }

    /// <summary>What to record. The disks do not change any more, or it is recorded that they do.</summary>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <exception cref="IOException">A layer cannot be copied.</exception>
    public IReadOnlyList<RecordedDisk> Record(CancellationToken cancellationToken)
    {
        foreach (var path in made.Where(File.Exists)) SyncOverlay(path);
        var anchors = Anchors();
        return [.. disks.Select((disk, index) => Record(disk.Disk, disk.Layers, anchors, index, cancellationToken))];
    }

    private RecordedDisk Record(AttachedDisk disk, IReadOnlyList<DiskLayer> layers, CommandLineDisks? anchors, int index, CancellationToken cancellationToken)
    {
        var anchor = anchors?.AnchorOf(disk) ?? (disk.Drive.Length > 0 ? new DiskAnchor(true, disk.Drive) : new DiskAnchor(false, disk.Root?.Name ?? ""));
        if (disk.Root is not { } root || layers.Count == 0) return new RecordedDisk { Device = disk.Label, Anchor = anchor, File = "", Driver = "", IsReadOnly = true };
        var files = UnnamedLayers.CopyOut(layers, writer, index, cancellationToken) ?? [.. layers.Where(layer => layer.Path is not null).Select(Look)];
        var top = layers[0];
        return new RecordedDisk
        {
            Device = disk.Label,
            Anchor = anchor,
            // A header of ours says it all; others may lack what the command line added.
            File = top.Unlinked is not null ? files[0].Path : top.Path is { } path && OverlayName.IsOurs(path) ? path : top.Node.FileName,
            Driver = top.Node.Driver,
            IsReadOnly = root.IsReadOnly,
            Bytes = top.Node.VirtualBytes,
            Layers = files,
            CoveredNodes = [.. root.Unfiltered.WithDescendants().Select(node => node.Name).Where(name => anchors?.Nodes.Contains(name) == true && name != anchor.Name)],
            Overlay = overlays.FirstOrDefault(overlay => overlay.Below == top.Node && !IsUnlinked(overlay.Below))?.Path,
            IsUnfrozen = request.IgnoreDisks && disk.IsWritable,
        };
    }

    private CommandLineDisks? Anchors() => facts.Process is { Arguments.Count: > 0 } process
        ? new CommandLineDisks(QemuCommandLine.Parse(process.Arguments), [.. facts.Disks.Select(disk => disk.Drive).Where(name => name.Length > 0)])
        : null;

    private static DiskFile Look(DiskLayer layer)
    {
        try
        {
            return DiskFile.Read(layer.Path!, layer.Path!, layer.Node.Driver);
        }
        catch (LinuxException)
        {
            // Not ours to see; it is compared by nothing then.
            return new DiskFile(layer.Path!, layer.Node.Driver, -1, 0, null);
        }
    }

    private List<DiskOverlay> PlanOverlays()
    {
        var planned = new List<DiskOverlay>();
        var group = Guid.NewGuid().ToString("N")[..8];
        foreach (var (disk, layers) in disks.Where(disk => disk.Disk.IsWritable))
        {
            var top = layers[0];
            if (facts.BlockJobs.FirstOrDefault(job => job.StartsWith(disk.Label + " ", StringComparison.Ordinal)) is { } job)
                throw Refuse($"the disk {disk.Label} is busy: a block job runs on it: {job}", "wait for the job, or cancel it on the monitor");
            if (layers.FirstOrDefault(layer => layer.IsLost) is { } lost)
            {
                throw Refuse(
                    $"the disk {disk.Label} stands on {lost.Path}, a file that has no name any more and belongs to QEMU alone (snapshot=on)",
                    "savevm can copy it as root or as the user of that QEMU; or start the guest without snapshot=on");
            }
            if (top.Path is null && request.OverlayFolder is null)
            {
                throw Refuse(
                    $"the disk {disk.Label} is no file of this host ({top.Node.FileName}): there is no folder for its overlay",
                    "--overlays FOLDER names one; --after stop or quit needs none");
            }
            if (top.Path is not null && !Path.IsPathRooted(top.Path))
                throw Refuse($"the disk {disk.Label} is {top.Path}, relative to a folder of QEMU's that cannot be seen", "run savevm as root or as the user of that QEMU");
            var folder = request.OverlayFolder is { } given ? Path.GetFullPath(given)
                : top.Path!.StartsWith("/dev/", StringComparison.Ordinal) ? throw Refuse(
                    $"the disk {disk.Label} is the device {top.Path}: there is no folder for its overlay", "--overlays FOLDER names one; --after stop or quit needs none")
                : null;
            var path = OverlayName.Fresh(top.Path ?? disk.Label, request.Name, folder, [.. planned.Select(overlay => overlay.Path)]);
            planned.Add(new DiskOverlay(disk.Label, top.Node, FormattableString.Invariant($"savevm-{group}-{planned.Count}"), path));
        }
        return planned;
    }

    private void Make(DiskOverlay overlay)
    {
        try
        {
            // The header serves whoever opens the overlay without QEMU's graph; over a layer without a name nobody can.
            var isUnlinked = IsUnlinked(overlay.Below);
            var own = overlay.Below.OwnHostPaths().FirstOrDefault();
            var below = isUnlinked ? null : own is not null && OverlayName.IsOurs(own) ? own : overlay.Below.FileName;
            OverlayImage.Create(overlay.Path, overlay.Below.VirtualBytes, below, isUnlinked ? null : overlay.Below.Driver);
            made.Add(overlay.Path);
            if (!isUnlinked && own is not null && !own.StartsWith("/dev/", StringComparison.Ordinal)) FileOwnership.Copy(own, overlay.Path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SavevmException(
                ExitCode.Failed, $"capture of {request.Name}", $"no overlay can be made for the disk {overlay.Disk}: {failure.Message}",
                "--overlays FOLDER names another folder; --after stop or quit needs no overlay", failure);
        }
    }

    private void RemoveFiles()
    {
        foreach (var path in made) File.Delete(path);
        made.Clear();
    }

    private bool IsUnlinked(BlockNode node) => disks.Any(disk => disk.Layers.Count > 0 && disk.Layers[0].Node == node && disk.Layers[0].Unlinked is not null);

    // What stands in an overlay is worth as much as what stood in the disk: its name and header survive a power cut.
    private static void SyncOverlay(string path)
    {
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)) RandomAccess.FlushToDisk(file);
        using var folder = LinuxDirectory.Open(Path.GetDirectoryName(path)!);
        folder.Sync();
    }

    private SavevmException Refuse(string why, string hint) => new(ExitCode.Incompatible, $"capture of {request.Name}", why, hint);
}
