namespace Savevm.Repository;

/// <summary>The repository has a snapshot of this name already. It was not touched.</summary>
/// <param name="name">The name that is taken.</param>
/// <param name="repository">The repository's path.</param>
public sealed class SnapshotExistsException(string name, string repository)
    : IOException($"there is already a snapshot '{name}' in {repository}")
{
    /// <summary>The name that is taken.</summary>
    public string Name { get; } = name;
}
