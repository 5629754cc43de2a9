using Savevm.Disks;
using Savevm.Qemu;
using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Guests;
using Savevm.Repository.Snapshots;
using Savevm.Running;

namespace Savevm.Removals;

/// <summary>
/// Removes a snapshot, and with it the border between its disks and what the source wrote since, where nobody else needs it. What cannot be
/// merged stays and is named: the snapshot is gone all the same.
/// </summary>
public sealed class RemoveOperation : IRemoveOperation
{
    /// <inheritdoc/>
    public async Task<RemoveReport> RunAsync(RemoveRequest request, IOperationObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        try
        {
            using var repository = SnapshotRepository.Open(request.RepositoryPath, create: false);
            EndedGuests.Clean(repository);
            var notes = new List<string>();
            var merged = new List<string>();
            var sources = repository.List().Select(entry => entry.Manifest).OfType<SnapshotManifest>().Select(manifest => RecordedSource.Parse(manifest.Source)).ToList();
            var (mine, guests) = ManifestOf(repository, request.Name);
            RefuseWhereGuestsWait(request.Name, guests);
            var source = mine is null ? null : RecordedSource.Parse(mine.Source);
            var merge = new ImageMerge(
                repository, [.. new[] { request.QmpSocket, source?.Monitor }.Concat(sources.Select(other => other.Monitor)).OfType<string>().Distinct()], source, observer);
            foreach (var open in MergeJournal.Open(repository.Path)) await TryAsync(merge, open, notes, merged, cancellationToken).ConfigureAwait(false);
            var disks = mine is null ? [] : RecordedDisk.Parse(mine.Disks);
            // First the guests: --guests takes away what else would stand in the way.
            TellGuests(repository, request, disks, notes);
            foreach (var disk in disks) await MergeAsync(repository, request.Name, disk, merge, notes, merged, cancellationToken).ConfigureAwait(false);
            repository.Remove(request.Name);
            foreach (var note in notes) observer.Note(note);
            // Its page server has the files open. Whoever would take its place has not.
            foreach (var guest in guests.Where(guest => guest.WaitsForRam)) observer.Warning($"the guest of QEMU {guest.ProcessId} cannot be recovered should its savevm end before all its RAM has arrived");
            return new RemoveReport(request.Name, merged, notes) { Guests = guests };
        }
        catch (Exception failure) when (failure is not (SavevmException or OperationCanceledException))
        {
            throw Failure.From(failure, $"rm {request.Name}");
        }
    }

    private static (SnapshotManifest? Manifest, IReadOnlyList<RunningGuest> Guests) ManifestOf(SnapshotRepository repository, string name)
    {
        try
        {
            using var snapshot = repository.Find(name);
            return (snapshot.Manifest, RunningGuests.Of(snapshot));
        }
        catch (Exception damaged) when (damaged is Machine.DamagedStateException or UnsupportedFormatException)
        {
            // It is removed all the same; what its disks stood on, and who runs from it, cannot be known.
            return (null, []);
        }
    }

    private static void RefuseWhereGuestsWait(string name, IReadOnlyList<RunningGuest> guests)
    {
        if (guests.FirstOrDefault(guest => guest.IsInterrupted) is not { } waiting) return;
        throw new SavevmException(
            ExitCode.Failed, $"rm {name}", $"the guest of QEMU {waiting.ProcessId} waits for RAM that only this snapshot has",
            $"savevm resume {name} --recover sends it the rest; or end that QEMU");
    }

    // Borders from the top down: the one that this snapshot needed, and below it any that a capture left behind which was killed.
    private static async Task MergeAsync(
        SnapshotRepository repository, string name, RecordedDisk disk, ImageMerge merge, List<string> notes, List<string> merged, CancellationToken cancellationToken)
    {
        var images = disk.Layers.Select(layer => (layer.Path, layer.Driver)).ToList();
        if (disk.Overlay is { } overlay) images.Insert(0, (overlay, "qcow2"));
        for (var i = 0; i + 1 < images.Count; i++)
        {
            var (upper, lower) = (images[i].Path, images[i + 1]);
            var tree = ImageTree.Read(repository, name);
            if (!OverlayName.IsOurs(upper) || !File.Exists(upper) || tree.IsGuests(upper)) continue;
            if (tree.SnapshotsOf(lower.Path) is { Count: > 0 } others)
                notes.Add($"{upper} stays on {lower.Path}, which is the disk {disk.Device} of {string.Join(", ", others)}");
            else if (tree.StandingOn(lower.Path).Where(pair => pair.Upper != upper).ToList() is { Count: > 0 } standing)
                notes.AddRange(standing.Select(pair => $"{pair.Upper} ({pair.Owner}) stands on {lower.Path}, so {upper} is not merged into it"));
            else await TryAsync(merge, new MergeJournal(upper, lower.Path, lower.Driver), notes, merged, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task TryAsync(ImageMerge merge, MergeJournal what, List<string> notes, List<string> merged, CancellationToken cancellationToken)
    {
        try
        {
            await merge.RunAsync(what, cancellationToken).ConfigureAwait(false);
            merged.Add(what.Upper);
            notes.Add($"{what.Upper} was merged into {what.Lower}");
        }
        catch (Exception failure) when (failure is SavevmException or QemuException or IOException)
        {
            var why = failure is SavevmException { Why: { } reason } known ? known.Hint is { } hint ? $"{reason}; {hint}" : reason : failure.Message;
            notes.Add($"{what.Upper} is not merged into {what.Lower}: {why}");
        }
    }

    // What guests of this snapshot wrote is theirs and stays, unless it was said to go.
    private static void TellGuests(SnapshotRepository repository, RemoveRequest request, IReadOnlyList<RecordedDisk> disks, List<string> notes)
    {
        var tops = disks.Where(disk => disk.Layers.Count > 0).Select(disk => disk.Layers[0].Path).ToHashSet();
        foreach (var guest in GuestFolder.List(repository.Path).Where(guest => guest.Disks.Any(disk => tops.Contains(disk.Base))))
        {
            if (guest.IsInUse) notes.Add($"the guest {guest.ProcessId} runs on and keeps its disks in {guest.Path}");
            else if (request.RemoveGuestDisks) guest.Remove();
            else notes.Add($"the disks of a guest that has ended stay in {guest.Path}; --guests removes them");
        }
    }
}
