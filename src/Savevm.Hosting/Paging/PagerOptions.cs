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
    /// Bytes of memory for pages that were copied because somebody wanted to write to them, until the sink has taken them: at most as much as is needed, and
    /// no more than this. What does not fit goes to a file.
    /// </summary>
    public int CopiesMemory { get; init; } = 32 << 20;

    /// <summary>
    /// The folder of the file into which pages are copied for which there is no such memory; null for the system's for temporary files. The file has no
    /// name, holds at most as much as the sink is behind, and makes the machine's writers wait when the disk under it does.
    /// </summary>
    public string? CopiesFolder { get; init; }
}
