namespace Savevm;

/// <summary>What to compare.</summary>
/// <param name="First">A file or a snapshot.</param>
/// <param name="Second">A file or a snapshot.</param>
/// <param name="RepositoryPath">The folder of the repository.</param>
public sealed record DiffRequest(string First, string Second, string RepositoryPath)
{
    /// <summary>Only devices whose name this pattern fits (<c>*</c> and <c>?</c>); null for all.</summary>
    public string? DeviceGlob { get; init; }

    /// <summary>Compare the RAM, too.</summary>
    public bool ComparePages { get; init; }
}
