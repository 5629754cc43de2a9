using System.Diagnostics;
using Savevm.Linux;
using Savevm.Qemu;
using Savevm.Qemu.Disks;
using Savevm.Qemu.Qmp;
using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Guests;

namespace Savevm.Disks;

/// <summary>
/// Merges an overlay that nobody needs as a border any more into the image below it, so that captures of every day do not make the source's chain
/// longer for ever: by the QEMU that has it open, while its guest runs, or by <c>qemu-img</c>. Then everything that named the overlay names the
/// image below.
/// </summary>
internal sealed class ImageMerge(SnapshotRepository repository, IReadOnlyList<string> monitors, RecordedSource? source, IOperationObserver observer)
{
    private static readonly TimeSpan MonitorLimit = TimeSpan.FromSeconds(3);

    // The kernel ends a killed QEMU thread by thread: on a busy host its locks outlive it by a while.
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(3), LockInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Merges. The upper image is gone when this returns.</summary>
    /// <param name="merge">What into what.</param>
    /// <param name="cancellationToken">Interrupts: nothing is lost, the next removal finishes it.</param>
    /// <exception cref="SavevmException">It cannot be done now; nothing was changed.</exception>
    /// <exception cref="QemuException">It failed half-way; the next removal finishes it.</exception>
    public async Task RunAsync(MergeJournal merge, CancellationToken cancellationToken)
    {
        var users = ImageUser.Of(merge.Upper);
        var above = ImageTree.Read(repository, null).StandingOn(merge.Upper).Select(pair => pair.Upper).Where(File.Exists).ToList();
        if (users.Count > 1 || above.SelectMany(ImageUser.Of).Except(users).Any())
            throw Cannot(merge, $"several QEMUs have it or what stands on it open ({string.Join(", ", users.Concat(above.SelectMany(ImageUser.Of)).Distinct())})", null);
        if (users.Count == 1) await InQemuAsync(merge, users[0], cancellationToken).ConfigureAwait(false);
        else await OutsideAsync(merge, cancellationToken).ConfigureAwait(false);
        foreach (var path in above.Where(path => ImageUser.Of(path).Count == 0)) OverlayImage.SetBacking(path, merge.Lower, merge.LowerDriver);
        Rewrite(merge);
        File.Delete(merge.Upper);
        merge.End();
    }

    private async Task InQemuAsync(MergeJournal merge, int processId, CancellationToken cancellationToken)
    {
        foreach (var socket in monitors.Where(File.Exists))
        {
            QmpClient client;
            try
            {
                client = await QmpClient.ConnectAsync(socket, new QmpOptions(), cancellationToken).WaitAsync(MonitorLimit, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception silent) when (silent is QemuException or TimeoutException or LinuxException)
            {
                continue;
            }
            await using var connected = client.ConfigureAwait(false);
            if (client.PeerProcessId != processId) continue;
            var commit = new BlockCommit(client);
            if (await commit.FindAsync(merge.Upper, cancellationToken).ConfigureAwait(false) is not { } found) continue;
            if (found.Upper.Backing?.OwnHostPaths().Contains(merge.Lower) != true) throw Cannot(merge, $"in QEMU {processId} it does not stand on that", null);
            merge.Begin(repository.Path);
            await UntilUnlockedAsync(
                () => commit.RunAsync(
                    found.Disk, found.Upper, (done, all) => observer.Progress(new ProgressUpdate { Phase = "commit", Bytes = done, TotalBytes = all }), cancellationToken),
                cancellationToken).ConfigureAwait(false);
            return;
        }
        throw Cannot(merge, $"QEMU {processId} has it open, and none of the known monitors is its own or free", "savevm rm --qmp SOCKET names its monitor");
    }

    private async Task OutsideAsync(MergeJournal merge, CancellationToken cancellationToken)
    {
        var tool = ImageTool.Find(source) ?? throw Cannot(merge, "qemu-img is not there", "install it (package qemu-utils), then remove the snapshot's successor or run savevm rm again");
        merge.Begin(repository.Path);
        await UntilUnlockedAsync(() => tool.CommitAsync(merge.Upper, merge.Lower, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    // Whoever has the lower image open keeps it from being written to. One that has just ended is waited for.
    private static async Task UntilUnlockedAsync(Func<Task> merge, CancellationToken cancellationToken)
    {
        for (var begin = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                await merge().ConfigureAwait(false);
                return;
            }
            catch (QemuException locked) when (locked.Message.Contains(" lock", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(begin) < LockLimit)
            {
                await Task.Delay(LockInterval, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Every snapshot whose disk has the upper image in its chain has the lower one there instead; what the lower one looks like is new to all.
    private void Rewrite(MergeJournal merge)
    {
        foreach (var entry in repository.List())
        {
            if (entry.Manifest is null) continue;
            var disks = RecordedDisk.Parse(entry.Manifest.Disks);
            var changed = disks.Select(disk => Without(disk, merge)).ToList();
            if (!changed.SequenceEqual(disks)) repository.SetDisks(entry.Name, RecordedDisk.ToJson(changed));
        }
        foreach (var guest in GuestFolder.List(repository.Path).Where(guest => guest.Disks.Any(disk => disk.Base == merge.Upper)))
            guest.Rebase(merge.Upper, merge.Lower);
    }

    private static RecordedDisk Without(RecordedDisk disk, MergeJournal merge)
    {
        if (!disk.Layers.Any(layer => layer.Path == merge.Lower || layer.Path == merge.Upper)) return disk;
        var wasTop = disk.Layers[0].Path == merge.Upper;
        var layers = disk.Layers.Where(layer => layer.Path != merge.Upper)
            .Select(layer => layer.Path == merge.Lower ? DiskFile.Read(layer.Path, layer.Path, layer.Driver) : layer).ToList();
        return disk with { Layers = layers, File = wasTop ? merge.Lower : disk.File, Driver = wasTop ? merge.LowerDriver : disk.Driver };
    }

    private static SavevmException Cannot(MergeJournal merge, string why, string? hint) =>
        new(ExitCode.Failed, $"merge of {merge.Upper} into {merge.Lower}", why, hint);
}
