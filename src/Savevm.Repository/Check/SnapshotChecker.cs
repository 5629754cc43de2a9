using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Repository.Pages;
using Savevm.Repository.Sections;
using Savevm.Repository.Snapshots;
using Savevm.Repository.WorkingSets;

namespace Savevm.Repository.Check;

/// <summary>
/// Checks a stored snapshot and reports every defect, not only the first. It does not stop at what a resume needs: files that do not
/// belong there are reported too.
/// </summary>
public static class SnapshotChecker
{
    /// <summary>Checks a snapshot.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="name">The snapshot.</param>
    /// <param name="readData">Read all of RAM too, and check every 64 KiB.</param>
    /// <param name="progress">Told the bytes of RAM that are checked so far.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>What was found; no damage among it means that the snapshot is whole as far as it was read.</returns>
    /// <exception cref="SnapshotNotFoundException">There is none of this name.</exception>
    public static IReadOnlyList<Finding> Check(
        SnapshotRepository repository, string name, bool readData, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        using var directory = repository.OpenDirectory(name);
        var findings = new List<Finding>();
        SnapshotManifest? manifest = null;
        Try(findings, SnapshotFiles.Manifest, () => manifest = ManifestReader.Read(ManifestFile.Read(directory)));
        if (manifest is null) return findings;
        CheckEntries(findings, directory, "", ExpectedFiles(manifest));
        Try(findings, SnapshotFiles.Devices, () => DeviceFile.Read(
            SnapshotFiles.ReadAll(directory, SnapshotFiles.Devices, manifest.Devices.Bytes), manifest.Devices, default));
        Try(findings, SnapshotFiles.Description,
            () => new DeviceFileSource(directory, manifest.Devices, manifest.Description).ReadDescription());
        CheckWorkingSet(findings, directory, manifest);
        Try(findings, SnapshotFiles.RamDirectory, () => CheckRam(findings, directory, manifest, readData, progress, cancellationToken));
        return findings;
    }

    /// <summary>The snapshot is whole without it: what is wrong with it is worth knowing and no damage.</summary>
    private static void CheckWorkingSet(List<Finding> findings, LinuxDirectory directory, SnapshotManifest manifest)
    {
        try
        {
            _ = new WorkingSetStore(directory, manifest.RamBlocks).Read();
        }
        catch (Exception problem) when (problem is DamagedStateException or IOException)
        {
            var offset = (problem as DamagedStateException)?.Offset ?? -1;
            findings.Add(new Finding(SnapshotFiles.WorkingSet, offset, $"{problem.Message}; resumes do without it", IsDamage: false));
        }
    }

    private static void CheckRam(
        List<Finding> findings, LinuxDirectory directory, SnapshotManifest manifest, bool readData, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        using var files = SnapshotFiles.OpenRamDirectory(directory);
        CheckEntries(findings, files, SnapshotFiles.RamDirectory + "/", ExpectedImages(manifest));
        using var buffer = new NativeBuffer(ChunkGeometry.ChunkBytes, RamBlock.PageSize);
        long done = 0;
        foreach (var stored in manifest.RamBlocks)
        {
            Try(findings, $"{SnapshotFiles.RamDirectory}/{RamImageSink.ImageName(stored.Block.Index)}", () =>
            {
                using var image = new StoredRamImage(files, stored.Block, stored.TableSum);
                if (readData)
                {
                    image.Verify(
                        buffer.Span, defect => findings.Add(Damage(defect)), bytes => progress?.Report(done += bytes), cancellationToken);
                }
                else image.VerifySums(defect => findings.Add(Damage(defect)));
            });
        }
    }

    /// <summary>Reports entries that the manifest does not know. Missing ones are found when they are opened.</summary>
    private static void CheckEntries(List<Finding> findings, LinuxDirectory directory, string prefix, HashSet<string> expected)
    {
        foreach (var entry in directory.EntryNames().Order(StringComparer.Ordinal))
            if (!expected.Contains(entry)) findings.Add(new Finding(prefix + entry, -1, "does not belong to the snapshot", IsDamage: false));
    }

    private static HashSet<string> ExpectedFiles(SnapshotManifest manifest)
    {
        var names = new HashSet<string>(StringComparer.Ordinal)
        {
            SnapshotFiles.Manifest, SnapshotFiles.Devices, SnapshotFiles.RamDirectory, SnapshotFiles.DiskDirectory, SnapshotFiles.WorkingSet,
        };
        if (manifest.Description is not null) names.Add(SnapshotFiles.Description);
        return names;
    }

    private static HashSet<string> ExpectedImages(SnapshotManifest manifest)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stored in manifest.RamBlocks)
        {
            names.Add(RamImageSink.ImageName(stored.Block.Index));
            names.Add(RamImageSink.SumName(stored.Block.Index));
        }
        return names;
    }

    private static void Try(List<Finding> findings, string item, Action check)
    {
        try
        {
            check();
        }
        catch (DamagedStateException defect)
        {
            findings.Add(Damage(defect));
        }
        catch (Exception problem) when (problem is LinuxException or UnsupportedFormatException)
        {
            findings.Add(new Finding(item, -1, problem.Message, IsDamage: true));
        }
    }

    private static Finding Damage(DamagedStateException defect) => new(defect.Item, defect.Offset, defect.Message, IsDamage: true);
}
