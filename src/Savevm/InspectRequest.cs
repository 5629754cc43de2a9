namespace Savevm;

/// <summary>What to inspect.</summary>
/// <param name="Subject">A file, a snapshot, or <c>-</c> for the standard input.</param>
/// <param name="RepositoryPath">The folder of the repository.</param>
public sealed record InspectRequest(string Subject, string RepositoryPath)
{
    /// <summary>Only devices whose name this pattern fits (<c>*</c> and <c>?</c>); null for all.</summary>
    public string? DeviceGlob { get; init; }

    /// <summary>Read all pages of RAM and compare them. Of a file they are read anyway; of a snapshot only when it is asked for.</summary>
    public bool ReadRam { get; init; }
}
