using Savevm.Machine.Ram;

namespace Savevm.Repository.Tests.Conformance;

/// <summary>The slow, obvious twin of a sink: which seed each page was filled from; a page without one is zero.</summary>
internal sealed class RamModel
{
    private readonly Dictionary<PageAddress, int> seeds = [];

    internal int DataPages => seeds.Count;

    internal void Write(int block, long page, int seed) => seeds[new PageAddress(block, page)] = seed;

    internal void Clear(int block, long page) => seeds.Remove(new PageAddress(block, page));

    /// <summary>Reads everything in pieces of many sizes and compares each page.</summary>
    internal void AssertEqual(IReadOnlyList<RamBlock> blocks, IRamSource source)
    {
        Assert.Equal(blocks, source.Blocks);
        var expected = new byte[RamBlock.PageSize];
        foreach (var maxPages in new[] { 1, 5, 64, int.MaxValue })
        {
            using var reader = source.OpenReader();
            foreach (var block in blocks)
            {
                for (long page = 0; page < block.PageCount;)
                {
                    var run = reader.Read(block.Index, page, maxPages);
                    Assert.InRange(run.PageCount, 1, Math.Min(maxPages, block.PageCount - page));
                    if (!run.IsZero) Assert.Equal(run.PageCount * RamBlock.PageSize, run.Bytes.Length);
                    for (var index = 0; index < run.PageCount; index++)
                    {
                        Fill(expected, block.Index, page + index);
                        var actual = run.IsZero ? new byte[RamBlock.PageSize] : run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize);
                        if (!actual.SequenceEqual(expected)) Assert.Fail($"page {page + index} of {block.IdStr} differs");
                    }
                    page += run.PageCount;
                }
            }
        }
    }

    private void Fill(byte[] page, int block, long index)
    {
        if (seeds.TryGetValue(new PageAddress(block, index), out var seed)) PagePool.Fill(page, seed);
        else Array.Clear(page);
    }
}
