using Savevm.Repository;
using Savevm.Repository.Snapshots;
using Savevm.States.Opening;

namespace Savevm.Inspections;

/// <summary>A saved state that a person named: a file of any form, the standard input, or a snapshot.</summary>
internal sealed class StateSubject : IDisposable
{
    /// <summary>The word for the standard input.</summary>
    internal const string StandardInput = "-";

    private readonly SnapshotRepository? _repository;

    private StateSubject(string name, SavedStateFile? file, Snapshot? snapshot, SnapshotRepository? repository)
    {
        Name = name;
        File = file;
        Snapshot = snapshot;
        _repository = repository;
    }

    /// <summary>What was named.</summary>
    internal string Name { get; }

    /// <summary>The file; null for a snapshot.</summary>
    internal SavedStateFile? File { get; }

    /// <summary>The snapshot; null for a file.</summary>
    internal Snapshot? Snapshot { get; }

    /// <summary>Opens it. A word that is the path of a file, or has a slash, is a file; every other is a snapshot's name.</summary>
    /// <param name="name">What was named; <c>-</c> is the standard input.</param>
    /// <param name="repositoryPath">The folder of the repository.</param>
    /// <param name="progress">Told the bytes that were read of a file.</param>
    /// <param name="cancellationToken">Ends the unpacking of a form that must be unpacked whole.</param>
    internal static StateSubject Open(string name, string repositoryPath, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var options = new OpeningOptions { Progress = progress, CancellationToken = cancellationToken };
        if (name == StandardInput)
            return new StateSubject("standard input", SavedStateFile.Open(Console.OpenStandardInput(), options), null, null);
        if (IsFile(name))
            return new StateSubject(name, SavedStateFile.Open(name, options), null, null);
        SnapshotRepository? repository = null;
        try
        {
            repository = SnapshotRepository.Open(repositoryPath, create: false);
            return new StateSubject(name, null, repository.Find(name), repository);
        }
        catch (Exception failure)
        {
            repository?.Dispose();
            if (failure is RepositoryNotFoundException or SnapshotNotFoundException)
                throw new SavevmException(ExitCode.NotFound, name, "there is no such file, and no such snapshot", "savevm list shows the snapshots", failure);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File?.Dispose();
        Snapshot?.Dispose();
        _repository?.Dispose();
    }

    private static bool IsFile(string name)
    {
        // FILE#SNAPSHOT names a part of an image.
        int mark = name.LastIndexOf('#');
        return name.Contains('/', StringComparison.Ordinal) || System.IO.File.Exists(name) || (mark > 0 && System.IO.File.Exists(name[..mark]));
    }
}
