using System.Runtime.InteropServices;
using Savevm.Machine.Ram;

namespace Savevm.Repository.WorkingSets;

/// <summary>
/// What becomes of a working set when another resume has told which pages its guest asked for. Pages keep their place; new ones go behind
/// them in their own order. A page that was sent before the guest ran is not asked for, so its count says nothing about that resume: it
/// neither grows nor shrinks.
/// </summary>
internal static class WorkingSetMerge
{
    /// <summary>Merges.</summary>
    /// <param name="blocks">The blocks of the snapshot.</param>
    /// <param name="old">What is known so far; null for nothing.</param>
    /// <param name="needed">Pages that exist, in the order of need; a repeated one counts once.</param>
    /// <param name="isNewResume">False when these are further pages of a resume that has told some already.</param>
    /// <param name="limit">How many pages may be kept.</param>
    internal static WorkingSet Merge(
        IReadOnlyList<RamBlock> blocks, WorkingSet? old, IReadOnlyList<PageAddress> needed, bool isNewResume, int limit)
    {
        var resumeCount = Math.Max(1, (old?.ResumeCount ?? 0) + (isNewResume ? 1 : 0));
        var mostCounted = (ushort)Math.Min(resumeCount, ushort.MaxValue);
        var open = new PageSet(blocks);
        for (var index = 0; index < needed.Count; index++) open.Add(needed[index].BlockIndex, needed[index].PageIndex);
        var merged = new List<WorkingSetEntry>((old?.PageCount ?? 0) + (int)open.Count);
        foreach (var entry in old is null ? default : old.Entries)
        {
            merged.Add(open.Remove(entry.Block, entry.Page)
                ? entry with { ResumeCount = (ushort)Math.Min(entry.ResumeCount + 1, mostCounted) }
                : entry);
        }
        for (var index = 0; index < needed.Count; index++)
        {
            var (block, page) = needed[index];
            if (open.Remove(block, page)) merged.Add(new WorkingSetEntry((uint)page, (ushort)block, 1));
        }
        return new WorkingSet(blocks, Cut(CollectionsMarshal.AsSpan(merged), limit), resumeCount);
    }

    /// <summary>Keeps those that were needed in the most resumes and, among equals, first. The order stays.</summary>
    private static WorkingSetEntry[] Cut(ReadOnlySpan<WorkingSetEntry> entries, int limit)
    {
        if (entries.Length <= limit) return entries.ToArray();
        var pagesByCount = new int[ushort.MaxValue + 1];
        foreach (var entry in entries) pagesByCount[entry.ResumeCount]++;
        var room = limit;
        var lowest = ushort.MaxValue;
        // Afterwards room is what remains for pages of the lowest count, when all that were needed more often are kept.
        while (room >= pagesByCount[lowest]) room -= pagesByCount[lowest--];
        var kept = new WorkingSetEntry[limit];
        var at = 0;
        foreach (var entry in entries)
        {
            if (entry.ResumeCount > lowest || (entry.ResumeCount == lowest && room-- > 0)) kept[at++] = entry;
        }
        return kept;
    }
}
