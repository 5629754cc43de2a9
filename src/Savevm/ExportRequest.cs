namespace Savevm;

/// <summary>What to export.</summary>
/// <param name="Subject">A snapshot, or a file of any form.</param>
/// <param name="Path">The file to write; it is there when it is complete, or not at all. A pipe is written to as it is.</param>
/// <param name="Format">Its form.</param>
/// <param name="RepositoryPath">The folder of the repository.</param>
public sealed record ExportRequest(string Subject, string Path, ExportFormat Format, string RepositoryPath)
{
    /// <summary>The one RAM block to write, for raw memory; null for all of physical memory.</summary>
    public string? Block { get; init; }

    /// <summary>A file with the domain XML for libvirt; null for that of the image it came from, else a plain one.</summary>
    public string? DomainXmlPath { get; init; }

    /// <summary>Replace a file that is there.</summary>
    public bool Replace { get; init; }
}
