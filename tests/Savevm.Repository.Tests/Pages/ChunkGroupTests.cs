using Savevm.Repository.Pages;

namespace Savevm.Repository.Tests.Pages;

public sealed class ChunkGroupTests
{
    private const byte First = 1, Second = 2;

    [Fact]
    public void A_pass_that_nobody_disturbs_gives_the_checksum()
    {
        var group = new ChunkGroup();
        group.BeginPass(511, First);
        Assert.True(group.IsInPass(511, First));
        group.CompletePass(511, First, 42);
        Assert.True(group.TryGetSum(511, out var sum));
        Assert.Equal(42UL, sum);
    }

    [Fact]
    public void A_pass_that_was_disturbed_gives_none()
    {
        var group = new ChunkGroup();
        group.BeginPass(3, First);
        group.MarkStale(3);
        group.CompletePass(3, First, 42);
        Assert.False(group.TryGetSum(3, out _));
    }

    [Fact]
    public void Of_two_passes_over_a_chunk_the_earlier_cannot_spoil_the_later()
    {
        var group = new ChunkGroup();
        group.BeginPass(3, First);
        group.BeginPass(3, Second);
        Assert.False(group.IsInPass(3, First));
        group.CompletePass(3, First, 41);
        Assert.False(group.TryGetSum(3, out _));
        group.CompletePass(3, Second, 42);
        group.CompletePass(3, First, 41);
        Assert.True(group.TryGetSum(3, out var sum));
        Assert.Equal(42UL, sum);
    }

    [Fact]
    public void Written_pages_are_known_by_chunk()
    {
        var group = new ChunkGroup();
        foreach (var page in new[] { 0, 15, 16, 8191 }) group.MarkWritten(page);
        Assert.Equal(0x8001u, group.WrittenPages(0));
        Assert.Equal(0x0001u, group.WrittenPages(1));
        Assert.Equal(0x8000u, group.WrittenPages(511));
        Assert.Equal(0u, group.WrittenPages(2));
        group.ClearWritten(15);
        Assert.Equal(0x0001u, group.WrittenPages(0));
        Assert.Equal(3, group.CountWritten());
    }
}
