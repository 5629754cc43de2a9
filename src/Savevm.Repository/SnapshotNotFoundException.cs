namespace Savevm.Repository;

/// <summary>The repository has no snapshot of this name.</summary>
/// <param name="name">The name that was asked for.</param>
/// <param name="repository">The repository's path.</param>
public sealed class SnapshotNotFoundException(string name, string repository)
    : IOException($"there is no snapshot '{name}' in {repository}")
{
    /// <summary>The name that was asked for.</summary>
    public string Name { get; } = name;
}
