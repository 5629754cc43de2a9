namespace Savevm;

/// <summary>The operations on the snapshots of a repository that need no QEMU. All throw <see cref="SavevmException"/> or what
/// <see cref="Failure"/> translates.</summary>
public interface ISnapshotOperations
{
    /// <summary>All snapshots by name; one that cannot be read is listed with its defect.</summary>
    IReadOnlyList<SnapshotSummary> List(string repositoryPath);

    /// <summary>One snapshot.</summary>
    SnapshotDetails Show(string repositoryPath, string name);

    /// <summary>Gives a snapshot another name. Refused when that is taken.</summary>
    void Rename(string repositoryPath, string name, string newName);

    /// <summary>Sets and removes tags.</summary>
    /// <param name="repositoryPath">The folder of the repository.</param>
    /// <param name="name">The snapshot.</param>
    /// <param name="set">Tags to set; one that is there is replaced.</param>
    /// <param name="remove">Keys of tags to remove; one that is not there is no error.</param>
    /// <returns>The tags as they are now.</returns>
    IReadOnlyDictionary<string, string> Tag(
        string repositoryPath,
        string name,
        IReadOnlyDictionary<string, string> set,
        IReadOnlyCollection<string> remove);

    /// <summary>Checks a snapshot: manifest, devices and file sizes; with <paramref name="readData"/> every checksum of its RAM.</summary>
    /// <param name="repositoryPath">The folder of the repository.</param>
    /// <param name="name">The snapshot.</param>
    /// <param name="readData">Read all RAM.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    CheckedSnapshot Check(string repositoryPath, string name, bool readData, Action<ProgressUpdate> progress, CancellationToken cancellationToken);
}
