using CsCheck;
using Savevm.Machine.Ram;

namespace Savevm.Machine.Tests.Ram;

public sealed class PageSetTests
{
    private static readonly RamBlock[] Blocks = [new(0, "main", 130 * RamBlock.PageSize), new(1, "none", 0), new(2, "rom", 64 * RamBlock.PageSize)];

    // The slow and obvious twin: a set of pairs.
    [Fact]
    public void Behaves_like_a_set_of_pages_of_several_blocks() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 129]).List[0, 300].Sample(steps =>
        {
            var set = new PageSet(Blocks);
            var twin = new HashSet<(int Block, long Page)>();
            foreach (var (adds, block, page) in steps.Where(step => step.Item3 < Blocks[step.Item2].PageCount))
            {
                Assert.Equal(adds ? twin.Add((block, page)) : twin.Remove((block, page)), adds ? set.Add(block, page) : set.Remove(block, page));
                Assert.Equal(twin.Count, set.Count);
            }
            foreach (var block in Blocks)
            {
                for (var from = 0L; from < block.PageCount; from++)
                {
                    Assert.Equal(twin.Contains((block.Index, from)), set.Contains(block.Index, from));
                    var members = twin.Where(page => page.Block == block.Index && page.Page >= from).Select(page => page.Page);
                    Assert.Equal(members.DefaultIfEmpty(block.PageCount).Min(), set.NextMember(block.Index, from));
                    var others = Enumerable.Range((int)from, (int)(block.PageCount - from)).Select(page => (long)page).Except(members);
                    Assert.Equal(others.DefaultIfEmpty(block.PageCount).Min(), set.NextOther(block.Index, from));
                }
            }
            Assert.Equal(0, set.NextMember(1, 0));
        });
}
