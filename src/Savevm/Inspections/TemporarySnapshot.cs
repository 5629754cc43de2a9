using Savevm.Repository;
using Savevm.Repository.Snapshots;
using Savevm.States.Loading;
using Savevm.States.Opening;

namespace Savevm.Inspections;

/// <summary>
/// A saved state whose RAM can be read at any place: a snapshot as it is, a file as a snapshot that is made for this and gone afterwards.
/// </summary>
internal sealed class TemporarySnapshot : IDisposable
{
    private readonly string? _folder;
    private readonly SnapshotRepository? _repository;
    private readonly bool _isOwned;

    private TemporarySnapshot(Snapshot snapshot, SnapshotRepository? repository, string? folder)
    {
        Snapshot = snapshot;
        _repository = repository;
        _folder = folder;
        _isOwned = folder is not null;
    }

    internal Snapshot Snapshot { get; }

    internal static TemporarySnapshot Of(StateSubject subject, CancellationToken cancellationToken)
    {
        if (subject.Snapshot is { } snapshot)
            return new TemporarySnapshot(snapshot, null, null);
        string folder = Directory.CreateTempSubdirectory("savevm-").FullName;
        SnapshotRepository? repository = null;
        try
        {
            repository = SnapshotRepository.Open(folder, create: false);
            Import(repository, subject.File!, folder, cancellationToken);
            return new TemporarySnapshot(repository.Find("state"), repository, folder);
        }
        catch
        {
            repository?.Dispose();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isOwned)
            return;
        Snapshot.Dispose();
        _repository!.Dispose();
        Directory.Delete(_folder!, recursive: true);
    }

    private static void Import(SnapshotRepository repository, SavedStateFile file, string folder, CancellationToken cancellationToken)
    {
        if (file.Storage is not null)
        {
            try
            {
                Import(repository, file, earlier: null, cancellationToken);
                return;
            }
            catch (EarlierPagesMissingException)
            {
                // Rare enough that nobody else pays for it.
            }
        }
        using var earlier = new EarlierPages(folder);
        Import(repository, file, earlier, cancellationToken);
    }

    private static void Import(SnapshotRepository repository, SavedStateFile file, EarlierPages? earlier, CancellationToken cancellationToken)
    {
        using SnapshotWriter writer = repository.BeginSnapshot("state", isDurable: false);
        StateImport.Load(file, writer, cancellationToken, earlier);
        writer.Commit(new SnapshotFacts { RunState = "paused", Mode = "import" }, cancellationToken);
    }
}
