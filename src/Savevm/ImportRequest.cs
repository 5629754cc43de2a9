namespace Savevm;

/// <summary>What to import.</summary>
/// <param name="Name">The name of the snapshot to make.</param>
/// <param name="Subject">A file, or <c>-</c> for the standard input.</param>
/// <param name="RepositoryPath">The folder of the repository.</param>
public sealed record ImportRequest(string Name, string Subject, string RepositoryPath)
{
    /// <summary>The command line of the QEMU that shall resume it, the program first; empty to be given to resume.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>The user's tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
