using Savevm.States.Surveys;

namespace Savevm.States.Tests.Surveys;

/// <summary>How many pages are equal is told right: by digests that differ with every bit, and by a count that agrees with a set.</summary>
public sealed class DigestTests
{
    [Fact]
    public void EveryBitCounts()
    {
        byte[] page = new byte[4096 + 77];
        new Random(1).NextBytes(page);
        var seen = new HashSet<ulong> { PageDigest.Of(page) };
        for (int i = 0; i < page.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                page[i] ^= (byte)(1 << bit);
                Assert.True(seen.Add(PageDigest.Of(page)), $"byte {i}");
                page[i] ^= (byte)(1 << bit);
            }
        }
        // Equal parts in other places are another page, and so is a shorter one.
        Assert.True(seen.Add(PageDigest.Of([.. page[128..256], .. page[..128], .. page[256..]])));
        Assert.True(seen.Add(PageDigest.Of(page.AsSpan(0, 4096))));
        Assert.True(seen.Add(PageDigest.Of(page.AsSpan(0, 100))));
        Assert.DoesNotContain(0UL, seen);
        Assert.Contains(PageDigest.Of([.. page]), seen);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1000, 400)]
    [InlineData(300_000, 200_000)]
    [InlineData(300_000, 3)]
    [InlineData(524_288, 524_288)]
    public void TheCountIsThatOfASet(int count, int contents)
    {
        var random = new Random(2);
        ulong[] all = [.. Enumerable.Range(0, contents).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue) | 1)];
        ulong[] digests = [.. Enumerable.Range(0, count).Select(_ => all[random.Next(contents)])];
        Assert.Equal(digests.ToHashSet().Count, DigestCount.Distinct([.. digests]));
    }

    [Fact]
    public void MorePagesThanFitAreSampled()
    {
        var digests = new PageDigests([1L << 20, 10, 0]);
        Assert.Equal(4, digests.SampledOneIn);
        Assert.True(digests.Wants(8));
        Assert.False(digests.Wants(9));
        digests.Set(0, 0, 5);
        digests.Set(0, (1L << 20) - 4, 5);
        digests.Set(1, 8, 7);
        digests.Set(1, 4, 9);
        digests.Set(1, 4, 0);
        Assert.Equal((3L, 2L), digests.Count());
    }
}
