namespace Savevm.Repository;

/// <summary>There is no repository at the given place.</summary>
/// <param name="path">The place.</param>
public sealed class RepositoryNotFoundException(string path) : IOException($"there is no repository at {path}")
{
    /// <summary>The place.</summary>
    public string Path { get; } = path;
}
