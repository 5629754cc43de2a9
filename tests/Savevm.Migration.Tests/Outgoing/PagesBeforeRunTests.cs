using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Migration.Tests.Outgoing;

/// <summary>A first round before the switch to postcopy, and the requests that are noted after it.</summary>
public sealed class PagesBeforeRunTests
{
    private const int Pages = 373;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1, 0.02)]
    [InlineData(2, 0.5)]
    [InlineData(3, 0.97)]
    public async Task What_was_sent_before_the_guest_runs_is_there_and_exactly_the_rest_is_discarded(int seed, double share)
    {
        var (source, destination) = (TestMachine.Source(seed), TestMachine.Destination());
        var chosen = Choose(source, seed, share);
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true, PushUnrequested = false, PagesBeforeRun = chosen });
        var run = conversation.RunAsync();
        Assert.True(destination.Control.Started.Wait(Patience, TestContext.Current.CancellationToken));

        Assert.Equal(chosen.Count, destination.Ram.Writes);
        Assert.Equal(chosen.Count, conversation.Outgoing.Statistics.NormalPages + conversation.Outgoing.Statistics.ZeroPages);
        Assert.Equal(Pages - chosen.Count, conversation.Outgoing.PagesRemaining);
        var all = AllPages(source).ToList();
        Assert.All(all, page => Assert.Equal(chosen.Contains(page.BlockIndex, page.PageIndex), destination.Ram.IsPresent(page.BlockIndex, page.PageIndex)));
        // One discard comes before the first page, so that the destination takes small pages; the others complement what was sent.
        Assert.Contains(destination.Ram.Discards, discard => discard.WritesBefore == 0);
        Assert.Equal(
            all.Where(page => !chosen.Contains(page.BlockIndex, page.PageIndex)),
            destination.Ram.Discards.Where(discard => discard.WritesBefore > 0).Select(discard => discard.Page));

        conversation.Outgoing.PushRemaining();
        var (outgoing, incoming, _) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination);
        Assert.Equal(Pages, destination.Ram.Writes);
    }

    [Fact]
    public async Task Of_huge_pages_the_whole_one_is_sent_and_only_whole_ones_are_discarded()
    {
        const int Whole = 4;
        var (source, destination) = (TestMachine.Source(9), TestMachine.Destination());
        var chosen = new PageSet(source.Ram.Blocks);
        foreach (var page in new[] { 5, 6, 18, 299 }) chosen.Add(0, page);
        chosen.Add(1, 3);
        var huge = new Dictionary<string, long> { ["pc.ram"] = Whole * RamBlock.PageSize };
        using var conversation = new Conversation(
            source, destination, new OutgoingOptions { Postcopy = true, PushUnrequested = false, PagesBeforeRun = chosen, HostPageBytes = huge });
        var run = conversation.RunAsync();
        Assert.True(destination.Control.Started.Wait(Patience, TestContext.Current.CancellationToken));

        long[] sent = [4, 5, 6, 7, 16, 17, 18, 19, 296, 297, 298, 299];
        Assert.Equal(sent, destination.Ram.Order.Where(page => page.BlockIndex == 0).Select(page => page.PageIndex));
        Assert.Equal(
            AllPages(source).Where(page => page.BlockIndex == 0 ? !sent.Contains(page.PageIndex) : page != new PageAddress(1, 3)),
            destination.Ram.Discards.Where(discard => discard.WritesBefore > 0).Select(discard => discard.Page));

        conversation.Outgoing.PushRemaining();
        var (outgoing, incoming, _) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination);
        Assert.Equal(Pages, destination.Ram.Writes);
    }

    [Fact]
    public async Task One_page_of_the_machine_stays_behind_so_that_there_is_something_to_discard()
    {
        var (source, destination) = (TestMachine.Source(4), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true, PagesBeforeRun = Choose(source, 4, 1) });
        var run = conversation.RunAsync();
        Assert.True(destination.Control.Started.Wait(Patience, TestContext.Current.CancellationToken));

        Assert.Equal(new PageAddress(3, 0), Assert.Single(destination.Ram.Discards, discard => discard.WritesBefore > 0).Page);
        var (outgoing, incoming, _) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination);
        Assert.Equal(Pages, destination.Ram.Writes);
    }

    [Fact]
    public async Task Without_such_pages_every_block_is_discarded_whole()
    {
        var (source, destination) = (TestMachine.Source(5), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true, PagesBeforeRun = new PageSet(source.Ram.Blocks) });

        var (outgoing, incoming, _) = await conversation.RunAsync();

        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Equal(AllPages(source), destination.Ram.Discards.Select(discard => discard.Page));
    }

    [Fact]
    public async Task Requests_are_noted_in_the_order_of_need_and_what_was_sent_before_is_not_asked_for()
    {
        var (source, destination) = (TestMachine.Source(6), TestMachine.Destination());
        var chosen = Choose(source, 6, 0.5);
        var log = new PageRequestLog(source.Ram.Blocks, Pages);
        using var conversation = new Conversation(
            source, destination, new OutgoingOptions { Postcopy = true, PushUnrequested = false, PagesBeforeRun = chosen, RequestLog = log });
        var run = conversation.RunAsync();
        Assert.True(destination.Control.Started.Wait(Patience, TestContext.Current.CancellationToken));
        var wanted = AllPages(source).ToArray();
        new Random(6).Shuffle(wanted);

        foreach (var page in wanted.Concat(wanted))
        {
            var got = destination.Ram.GuestRead(page, Patience);
            Assert.True(source.Ram.Content(page.BlockIndex).AsSpan((int)page.PageIndex * RamBlock.PageSize, RamBlock.PageSize).SequenceEqual(got));
        }

        var (outgoing, incoming, _) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Equal(wanted.Where(page => !chosen.Contains(page.BlockIndex, page.PageIndex)), log.Slice(0, log.Count));
        Assert.Equal(log.Count, conversation.Outgoing.Statistics.RequestsReceived);
    }

    [Fact]
    public async Task Damage_before_the_guest_runs_hands_the_machine_back()
    {
        var (source, destination) = (TestMachine.Source(7), TestMachine.Destination());
        source.Ram.Damaged = new PageAddress(0, 100);
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true, PagesBeforeRun = Choose(source, 7, 1) });

        var (outgoing, incoming, _) = await conversation.RunAsync();

        Assert.IsType<DamagedStateException>(outgoing);
        Assert.IsType<PeerLostException>(incoming);
        Assert.Equal(MigrationState.Failed, conversation.Outgoing.State);
        Assert.Equal(["stop", "start"], source.Control.Calls);
        Assert.Empty(destination.Control.Calls);
        Assert.False(destination.Ram.IsPresent(0, 100));
    }

    [Fact]
    public async Task A_connection_cut_while_they_travel_hands_the_machine_back()
    {
        for (var cut = 2000L; cut < 1_000_000; cut += 99_877)
        {
            var (source, destination) = (TestMachine.Source(8), TestMachine.Destination());
            var position = cut;
            using var conversation = new Conversation(
                source, destination, new OutgoingOptions { Postcopy = true, PagesBeforeRun = Choose(source, 8, 1) }, layer: channel => new CuttingChannel(channel, position));

            var (outgoing, incoming, _) = await conversation.RunAsync();

            Assert.IsType<PeerLostException>(outgoing);
            Assert.IsType<PeerLostException>(incoming);
            Assert.Equal(conversation.Outgoing.State == MigrationState.Failed ? ["stop", "start"] : ["stop"], source.Control.Calls);
        }
    }

    private static IEnumerable<PageAddress> AllPages(TestMachine machine) =>
        machine.Ram.Blocks.SelectMany(block => Enumerable.Range(0, (int)block.PageCount).Select(page => new PageAddress(block.Index, page)));

    /// <summary>About this share of all pages: single ones, and whole neighbourhoods.</summary>
    private static PageSet Choose(TestMachine machine, int seed, double share)
    {
        var random = new Random(seed);
        var chosen = new PageSet(machine.Ram.Blocks);
        foreach (var page in AllPages(machine))
        {
            if (share >= 1 || random.NextDouble() < share) chosen.Add(page.BlockIndex, page.PageIndex);
        }
        if (share is > 0.3 and < 1)
        {
            for (var page = 100; page < 180; page++) chosen.Add(0, page);
            chosen.Remove(0, 200);
        }
        return chosen;
    }
}
