namespace Savevm.Hosting.Paging;

/// <summary>How a snapshot's pager is started, and where its copies go.</summary>
public sealed record PagerOptions
{
    /// <summary>
    /// The program that is the pager, and its words: one that calls <see cref="MemoryPager.Serve"/>. Empty: this program itself, which must have
    /// called <see cref="MemoryPager.ServeIfAsked"/> at its beginning.
    /// </summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>
    /// The folder of the file into which pages are copied that the machine wants to write to; null for the system's for temporary files. The file has no
    /// name, holds at most as much as the sink is behind, and makes the machine's writers wait when the disk under it does.
    /// </summary>
    public string? CopiesFolder { get; init; }
}
