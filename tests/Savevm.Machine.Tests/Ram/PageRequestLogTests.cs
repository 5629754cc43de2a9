using Savevm.Machine.Ram;

namespace Savevm.Machine.Tests.Ram;

public sealed class PageRequestLogTests
{
    private static readonly RamBlock[] Blocks = [new(0, "main", 100_000L * RamBlock.PageSize), new(1, "rom", 3 * RamBlock.PageSize)];

    [Fact]
    public void Each_page_stands_once_at_the_place_of_its_first_request()
    {
        var log = new PageRequestLog(Blocks, 1 << 20);
        var random = new Random(1);
        var twin = new List<PageAddress>();
        for (var request = 0; request < 150_000; request++)
        {
            var page = random.Next(50) == 0 ? new PageAddress(1, random.Next(3)) : new PageAddress(0, random.Next(100_000));
            log.Note(page.BlockIndex, page.PageIndex);
            twin.Add(page);
        }
        Assert.Equal(twin.Distinct(), log.Slice(0, log.Count));
        Assert.Equal(twin.Distinct().Skip(40_000).Take(7), log.Slice(40_000, 40_007));
        Assert.Equal(log[5], log.Slice(5, 6)[0]);
    }

    [Fact]
    public void What_there_is_no_room_for_is_forgotten()
    {
        var log = new PageRequestLog(Blocks, 2);
        foreach (var page in new[] { 7, 7, 3, 9, 3 }) log.Note(0, page);
        Assert.Equal([new PageAddress(0, 7), new PageAddress(0, 3)], log.Slice(0, log.Count));
        var none = new PageRequestLog(Blocks, 0);
        none.Note(0, 1);
        Assert.Equal(0, none.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => log[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Slice(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Slice(0, 1)[1]);
    }

    [Fact]
    public async Task A_reader_sees_only_what_was_noted()
    {
        var log = new PageRequestLog(Blocks, 1 << 20);
        var writer = Task.Run(() =>
        {
            for (var page = 0; page < 100_000; page++) log.Note(0, page);
        }, TestContext.Current.CancellationToken);
        for (var seen = 0; seen < 100_000;)
        {
            var count = log.Count;
            for (; seen < count; seen++) Assert.Equal(new PageAddress(0, seen), log[seen]);
        }
        await writer;
    }

    [Fact]
    public void Noting_a_page_allocates_nothing()
    {
        var log = new PageRequestLog(Blocks, 1 << 20);
        log.Note(1, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var page = 0; page < 30_000; page++) log.Note(0, page);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
