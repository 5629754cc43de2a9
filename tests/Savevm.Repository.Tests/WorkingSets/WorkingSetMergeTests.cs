using CsCheck;
using Savevm.Machine.Ram;
using Savevm.Repository.WorkingSets;

namespace Savevm.Repository.Tests.WorkingSets;

public sealed class WorkingSetMergeTests
{
    private static readonly RamBlock[] Blocks = [new(0, "main", 60 * RamBlock.PageSize), new(1, "rom", 5 * RamBlock.PageSize)];

    [Fact]
    public void Pages_keep_their_place_and_new_ones_follow_in_their_own_order()
    {
        var first = WorkingSetMerge.Merge(Blocks, null, Pages(7, 3, 7, 9), isNewResume: true, 100);
        Assert.Equal([(7, 1), (3, 1), (9, 1)], Entries(first));
        var second = WorkingSetMerge.Merge(Blocks, first, Pages(50, 9, 1), isNewResume: true, 100);
        Assert.Equal([(7, 1), (3, 1), (9, 2), (50, 1), (1, 1)], Entries(second));
        Assert.Equal(2, second.ResumeCount);
        Assert.Equal(5 * 4096, second.Bytes);
    }

    [Fact]
    public void Further_pages_of_the_same_resume_do_not_make_it_another_one()
    {
        var first = WorkingSetMerge.Merge(Blocks, null, Pages(7), isNewResume: true, 100);
        var second = WorkingSetMerge.Merge(Blocks, first, Pages(8), isNewResume: false, 100);
        Assert.Equal(1, second.ResumeCount);
        Assert.Equal([(7, 1), (8, 1)], Entries(second));
        // Somebody removed what the resume had written before, another wrote anew: no page is needed by more resumes than there were.
        Assert.Equal(1, WorkingSetMerge.Merge(Blocks, null, Pages(8), isNewResume: false, 100).ResumeCount);
        Assert.Equal([(7, 1)], Entries(WorkingSetMerge.Merge(Blocks, first, Pages(7), isNewResume: false, 100)));
    }

    [Fact]
    public void At_the_bound_pages_of_more_resumes_stay_and_among_equals_the_first()
    {
        var first = WorkingSetMerge.Merge(Blocks, null, Pages(1, 2, 3, 4, 5, 6), isNewResume: true, 6);
        var second = WorkingSetMerge.Merge(Blocks, first, Pages(20, 5, 21, 3), isNewResume: true, 6);
        Assert.Equal([(1, 1), (2, 1), (3, 2), (4, 1), (5, 2), (6, 1)], Entries(second));
        var third = WorkingSetMerge.Merge(Blocks, second, Pages(6, 30), isNewResume: true, 3);
        Assert.Equal([(3, 2), (5, 2), (6, 2)], Entries(third));
        var fourth = WorkingSetMerge.Merge(Blocks, third, Pages(5, 3, 6, 40), isNewResume: true, 2);
        Assert.Equal([(3, 3), (5, 3)], Entries(fourth));
    }

    [Fact]
    public void A_count_that_is_full_stays_full()
    {
        WorkingSet full = new(Blocks, [new WorkingSetEntry(3, 0, ushort.MaxValue)], 70_000);
        Assert.Equal([(3, 65535)], Entries(WorkingSetMerge.Merge(Blocks, full, Pages(3), isNewResume: true, 10)));
    }

    // The slow and obvious twin: a list that is searched.
    [Fact]
    public void Does_what_its_slow_twin_does() =>
        Gen.Select(Gen.Int[0, 30], Gen.Select(Gen.Bool, Gen.Int[0, 64].List[0, 40]).List[0, 6]).Sample((limit, resumes) =>
        {
            WorkingSet? set = null;
            var twin = new List<(PageAddress Page, int Count)>();
            var resumeCount = 0;
            foreach (var (isNew, numbers) in resumes)
            {
                PageAddress[] needed = [.. numbers.Select(number => number < 60 ? new PageAddress(0, number) : new PageAddress(1, number - 60))];
                set = WorkingSetMerge.Merge(Blocks, set, needed, isNew, limit);
                resumeCount = Math.Max(1, resumeCount + (isNew ? 1 : 0));
                foreach (var page in needed.Distinct())
                {
                    var at = twin.FindIndex(entry => entry.Page == page);
                    if (at < 0) twin.Add((page, 1));
                    else twin[at] = (page, Math.Min(twin[at].Count + 1, resumeCount));
                }
                var kept = twin.Select((entry, at) => (entry, at)).OrderByDescending(one => one.entry.Count).ThenBy(one => one.at).Take(limit).Select(one => one.entry.Page).ToHashSet();
                twin.RemoveAll(entry => !kept.Contains(entry.Page));
                Assert.Equal(twin, set.Entries.ToArray().Select(entry => (new PageAddress(entry.Block, entry.Page), (int)entry.ResumeCount)));
                Assert.Equal(resumeCount, set.ResumeCount);
            }
        });

    [Fact]
    public void The_first_pages_are_those_that_were_needed_first()
    {
        var set = WorkingSetMerge.Merge(Blocks, null, [new(1, 4), new(0, 30), new(0, 2)], isNewResume: true, 100);
        var first = set.FirstPages(2);
        Assert.Equal(2, first.Count);
        Assert.True(first.Contains(1, 4) && first.Contains(0, 30));
        Assert.Equal(3, set.FirstPages(100).Count);
    }

    private static PageAddress[] Pages(params int[] pages) => [.. pages.Select(page => new PageAddress(0, page))];

    private static IEnumerable<(int Page, int Count)> Entries(WorkingSet set) => set.Entries.ToArray().Select(entry => ((int)entry.Page, (int)entry.ResumeCount));
}
