using Savevm.Disks;
using Savevm.Inspections;
using Savevm.Machine;
using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Check;
using Savevm.Repository.Snapshots;
using Savevm.Running;

namespace Savevm;

/// <summary>The operations on the snapshots of a repository that need no QEMU.</summary>
public sealed class SnapshotOperations : ISnapshotOperations
{
    /// <inheritdoc/>
    public IReadOnlyList<SnapshotSummary> List(string repositoryPath)
    {
        using SnapshotRepository repository = Open(repositoryPath);
        EndedGuests.Clean(repository);
        return
        [
            .. repository.List().Select(entry => entry.Manifest is { } manifest
                ? SummaryOf(entry.Name, manifest)
                : new SnapshotSummary { Name = entry.Name, Created = default, GuestBytes = 0, DataBytes = 0, Defect = entry.Problem }),
        ];
    }

    /// <inheritdoc/>
    public SnapshotDetails Show(string repositoryPath, string name)
    {
        using SnapshotRepository repository = Open(repositoryPath);
        using Snapshot snapshot = repository.Find(name);
        SnapshotManifest manifest = snapshot.Manifest;
        EndedGuests.Clean(repository);
        var tree = ImageTree.Read(repository, null);
        var source = RecordedSource.Parse(manifest.Source);
        return new SnapshotDetails
        {
            Summary = SummaryOf(name, manifest),
            Path = snapshot.DirectoryPath,
            RamBlocks = [.. manifest.RamBlocks.Select(stored => new SnapshotRamBlock(stored.Block.IdStr, stored.Block.UsedLength, stored.DataBytes))],
            Sections =
            [
                .. manifest.Devices.Sections.Select(stored =>
                    new SnapshotSection(stored.IdStr, stored.InstanceId, stored.VersionId, stored.Bytes)),
            ],
            Disks = [.. RecordedDisk.Parse(manifest.Disks).Select(disk => Describe(disk, snapshot.DirectoryPath, tree))],
            CommandLine = source.Arguments,
            Corrections = source.Corrections,
            Emulator = source.Executable,
            WorkingSet = WorkingSetOf(snapshot),
            Guests = RunningGuests.Of(snapshot),
        };
    }

    /// <inheritdoc/>
    public void Rename(string repositoryPath, string name, string newName)
    {
        using SnapshotRepository repository = Open(repositoryPath);
        repository.Rename(name, newName);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Tag(
        string repositoryPath,
        string name,
        IReadOnlyDictionary<string, string> set,
        IReadOnlyCollection<string> remove)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(remove);
        using SnapshotRepository repository = Open(repositoryPath);
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        using (Snapshot snapshot = repository.Find(name))
        {
            foreach ((string key, string value) in snapshot.Manifest.Tags.Where(tag => !remove.Contains(tag.Key)).Concat(set))
            {
                tags[key] = value;
            }
        }

        if (set.Count > 0 || remove.Count > 0)
        {
            repository.SetTags(name, tags);
        }

        return tags;
    }

    /// <inheritdoc/>
    public CheckedSnapshot Check(
        string repositoryPath,
        string name,
        bool readData,
        Action<ProgressUpdate> progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        using SnapshotRepository repository = Open(repositoryPath);
        var meter = new ReadMeter("check", TotalOf(repository, name), progress);
        IReadOnlyList<Finding> findings = SnapshotChecker.Check(repository, name, readData, meter, cancellationToken);
        SnapshotDefect[] all = [.. findings.Select(finding => new SnapshotDefect(finding.Item, finding.Offset < 0 ? null : finding.Offset, finding.Message))];
        bool[] isDamage = [.. findings.Select(finding => finding.IsDamage)];
        return new CheckedSnapshot(name, meter.Bytes, [.. all.Where((_, index) => isDamage[index])])
        {
            Remarks = [.. all.Where((_, index) => !isDamage[index])],
        };
    }

    private static SnapshotRepository Open(string path) => SnapshotRepository.Open(path, create: false);

    private static SnapshotDisk Describe(RecordedDisk disk, string folder, ImageTree tree) => new()
    {
        Device = disk.Device,
        IsReadOnly = disk.IsReadOnly,
        Bytes = disk.Bytes,
        Chain = disk.Layers.Count > 0 ? [.. disk.Layers.Select(layer => (Path.Combine(folder, layer.Path), layer.Driver))] : disk.IsEmpty ? [] : [(disk.File, disk.Driver)],
        Difference = disk is { IsUnfrozen: true, IsReadOnly: false }
            ? "it was not kept with the RAM"
            : disk.Layers.Select(layer => layer.Difference(folder)).FirstOrDefault(difference => difference is not null),
        Overlay = disk.Overlay,
        StandingOn = disk.Layers.Count > 0 ? tree.StandingOn(Path.Combine(folder, disk.Layers[0].Path)) : [],
    };

    private static SnapshotSummary SummaryOf(string name, SnapshotManifest manifest)
    {
        var machine = RecordedMachine.Parse(manifest.Machine);
        return new SnapshotSummary
        {
            Name = name,
            Created = manifest.Created,
            GuestBytes = manifest.RamBytes,
            DataBytes = manifest.DataBytes,
            Mode = manifest.Mode,
            Machine = machine.Type,
            QemuVersion = RecordedSource.Parse(manifest.Source).Version,
            Accelerator = machine.Accelerator,
            RunState = manifest.RunState,
            Tags = manifest.Tags,
        };
    }

    private static SnapshotWorkingSet? WorkingSetOf(Snapshot snapshot)
    {
        try
        {
            return snapshot.ReadWorkingSet() is { } set ? new SnapshotWorkingSet(set.PageCount, set.Bytes, set.ResumeCount) : null;
        }
        catch (Exception problem) when (problem is DamagedStateException or IOException)
        {
            return new SnapshotWorkingSet(0, 0, 0, problem.Message);
        }
    }

    private static long? TotalOf(SnapshotRepository repository, string name) =>
        repository.List().FirstOrDefault(entry => entry.Name == name)?.Manifest?.RamBytes;
}
