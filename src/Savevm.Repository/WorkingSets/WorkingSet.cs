using Savevm.Machine.Ram;

namespace Savevm.Repository.WorkingSets;

/// <summary>
/// The pages that guests of a snapshot asked for when they were resumed lazily, in the order of the first need. A hint and nothing more:
/// it says which pages to send early, never what is in them.
/// </summary>
public sealed class WorkingSet
{
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly WorkingSetEntry[] entries;

    internal WorkingSet(IReadOnlyList<RamBlock> blocks, WorkingSetEntry[] entries, long resumeCount)
    {
        this.blocks = blocks;
        this.entries = entries;
        ResumeCount = resumeCount;
    }

    /// <summary>Number of pages.</summary>
    public int PageCount => entries.Length;

    /// <summary>Bytes of guest memory that these pages are.</summary>
    public long Bytes => (long)entries.Length * RamBlock.PageSize;

    /// <summary>How many resumes contributed.</summary>
    public long ResumeCount { get; }

    internal ReadOnlySpan<WorkingSetEntry> Entries => entries;

    /// <summary>The pages that were needed first.</summary>
    /// <param name="most">How many pages at most.</param>
    public PageSet FirstPages(int most)
    {
        var first = new PageSet(blocks);
        foreach (var entry in entries.AsSpan(0, Math.Min(most, entries.Length))) first.Add(entry.Block, entry.Page);
        return first;
    }
}
