using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;

namespace Savevm.Migration.Tests;

public sealed class ConversationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_precopy_moves_all_ram_and_every_device(int seed)
    {
        var (source, destination) = (TestMachine.Source(seed), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions());

        var (outgoing, incoming, result) = await conversation.RunAsync();

        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination);
        Assert.Equal(["stop"], source.Control.Calls);
        Assert.Equal(["start"], destination.Control.Calls);
        Assert.Empty(result!.Remarks);
        Assert.Equal([MigrationState.Setup, MigrationState.Active, MigrationState.Device, MigrationState.Completed], conversation.OutgoingStates);
        Assert.Equal([MigrationState.Setup, MigrationState.Active, MigrationState.Completed], conversation.IncomingStates);
    }

    [Fact]
    public async Task Blocks_that_the_destination_has_are_announced_and_never_sent()
    {
        var (source, destination) = (TestMachine.Source(4), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions { BlocksAtDestination = new HashSet<string> { "pc.ram" } });

        var (outgoing, incoming, _) = await conversation.RunAsync();

        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination, "pc.ram");
        Assert.All(Enumerable.Range(0, 300), page => Assert.False(destination.Ram.IsPresent(0, page)));
        Assert.Equal(73, destination.Ram.Writes);
    }

    [Fact]
    public async Task In_postcopy_the_guest_runs_before_its_pages_and_reads_only_true_ones()
    {
        var (source, destination) = (TestMachine.Source(5), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true, PushPages = 2 });
        var guest = RunGuestAsync(source, destination, reads: 200, seed: 5);

        var (outgoing, incoming, _) = await conversation.RunAsync();
        await guest;

        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination);
        Assert.Equal(373, conversation.Outgoing.Statistics.NormalPages + conversation.Outgoing.Statistics.ZeroPages);
        Assert.Equal(373, destination.Ram.Writes);
        Assert.Equal([MigrationState.Setup, MigrationState.Active, MigrationState.PostcopyActive, MigrationState.Completed], conversation.IncomingStates);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_huge_page_of_the_destination_travels_as_a_whole_and_nothing_between(bool push)
    {
        const int Whole = 4;
        var (source, destination) = (TestMachine.Source(7), TestMachine.Destination());
        var huge = new Dictionary<string, long> { ["pc.ram"] = Whole * RamBlock.PageSize };
        using var conversation = new Conversation(
            source, destination, new OutgoingOptions { Postcopy = true, PushPages = 3, PushUnrequested = push, HostPageBytes = huge });
        var run = conversation.RunAsync();
        destination.Control.Started.Wait(Patience, TestContext.Current.CancellationToken);
        destination.Ram.GuestRead(new PageAddress(0, 18), Patience);
        if (!push)
        {
            await Task.Delay(150, TestContext.Current.CancellationToken);
            Assert.Equal([16, 17, 18, 19], destination.Ram.Order.Select(page => page.PageIndex));
            conversation.Outgoing.PushRemaining();
        }

        var (outgoing, incoming, _) = await run;

        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination);
        Assert.Equal(373, destination.Ram.Order.Distinct().Count());
        for (var at = 0; at < destination.Ram.Order.Count; at++)
        {
            var page = destination.Ram.Order[at];
            if (page.BlockIndex != 0 || page.PageIndex % Whole == 0) continue;
            Assert.Equal(page with { PageIndex = page.PageIndex - 1 }, destination.Ram.Order[at - 1]);
        }
    }

    [Fact]
    public async Task Host_pages_are_announced_with_their_block_and_in_the_sum_of_all()
    {
        var source = TestMachine.Source(8);
        var (near, far) = ChannelPair.Create();
        using var channels = new ChannelSet(near);
        var huge = new Dictionary<string, long> { ["pc.ram"] = 16384 };
        var migration = new OutgoingMigration(source.AsSource(), channels, new OutgoingOptions { Postcopy = true, PushUnrequested = false, HostPageBytes = huge });
        var buffer = new byte[512];
        var running = Task.Run(() => Record.Exception(() => migration.Run(CancellationToken.None)), TestContext.Current.CancellationToken);
        for (var got = 0; got < buffer.Length;) got += far.Read(buffer.AsSpan(got));
        far.Dispose();
        await running;

        var opening = Convert.ToHexString(buffer);
        Assert.Contains("08" + "0003" + "0010" + "0000000000005000" + "0000000000001000", opening, StringComparison.Ordinal);
        Assert.Contains("0670632E72616D" + "000000000012C000" + "0000000000004000", opening, StringComparison.Ordinal);
        Assert.Contains("036F6E65" + "0000000000001000" + "0000000000000010", opening, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(12288)]
    [InlineData(1 << 20)]
    [InlineData(1L << 40)]
    public void Host_pages_of_which_a_block_cannot_consist_are_refused(long bytes)
    {
        var (near, far) = ChannelPair.Create();
        using var channels = new ChannelSet(near);
        var options = new OutgoingOptions { Postcopy = true, HostPageBytes = new Dictionary<string, long> { ["pc.ram"] = bytes } };
        var refusal = Assert.Throws<MachineRefusedException>(() => new OutgoingMigration(TestMachine.Source(9).AsSource(), channels, options));
        Assert.Contains("pc.ram", refusal.Message, StringComparison.Ordinal);
        far.Dispose();
    }

    [Fact]
    public async Task Without_push_only_requested_pages_travel_until_the_rest_is_fetched()
    {
        var (source, destination) = (TestMachine.Source(6), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true, PushUnrequested = false });
        var run = conversation.RunAsync();
        destination.Control.Started.Wait(Patience, TestContext.Current.CancellationToken);

        var wanted = new PageAddress(0, 17);
        var got = destination.Ram.GuestRead(wanted, Patience);
        await Task.Delay(150, TestContext.Current.CancellationToken);

        Assert.Equal(source.Ram.Content(0).AsSpan(17 * RamBlock.PageSize, RamBlock.PageSize).ToArray(), got);
        Assert.Equal(1, destination.Ram.Writes);
        Assert.Equal(372, conversation.Outgoing.PagesRemaining);

        conversation.Outgoing.PushRemaining();
        var (outgoing, incoming, _) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        source.AssertEquals(destination);
    }

    [Fact]
    public async Task A_destination_that_cannot_run_early_refuses_postcopy_and_the_source_keeps_the_machine()
    {
        var (source, destination) = (TestMachine.Source(7), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true }, runsEarly: false);

        var (outgoing, incoming, _) = await conversation.RunAsync();

        Assert.IsType<MachineRefusedException>(incoming);
        Assert.NotNull(outgoing);
        Assert.Empty(destination.Control.Calls);
    }

    [Fact]
    public async Task Damage_is_never_sent_and_in_precopy_the_machine_is_handed_back()
    {
        var (source, destination) = (TestMachine.Source(8), TestMachine.Destination());
        source.Ram.Damaged = new PageAddress(0, 100);
        using var conversation = new Conversation(source, destination, new OutgoingOptions());

        var (outgoing, incoming, _) = await conversation.RunAsync();

        Assert.IsType<DamagedStateException>(outgoing);
        Assert.IsType<PeerLostException>(incoming);
        Assert.Equal(["stop", "start"], source.Control.Calls);
        Assert.Empty(destination.Control.Calls);
        Assert.False(destination.Ram.IsPresent(0, 100));
    }

    [Fact]
    public async Task Damage_in_postcopy_leaves_the_guest_waiting_and_says_so()
    {
        var (source, destination) = (TestMachine.Source(9), TestMachine.Destination());
        source.Ram.Damaged = new PageAddress(0, 100);
        using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = true, PushUnrequested = false });
        var run = conversation.RunAsync();
        destination.Control.Started.Wait(Patience, TestContext.Current.CancellationToken);

        Assert.Throws<TimeoutException>(() => destination.Ram.GuestRead(new PageAddress(0, 100), TimeSpan.FromMilliseconds(300)));
        var (outgoing, incoming, _) = await run;

        Assert.IsType<DamagedStateException>(outgoing);
        Assert.IsType<PeerLostException>(incoming);
        Assert.Equal(MigrationState.PostcopyPaused, conversation.Outgoing.State);
        Assert.Equal(MigrationState.PostcopyPaused, conversation.Incoming.State);
    }

    [Fact]
    public async Task A_sink_that_fails_refuses_the_state_and_the_source_goes_on()
    {
        var (source, destination) = (TestMachine.Source(10), TestMachine.Destination());
        destination.Ram.FailAtWrite = 373;
        using var conversation = new Conversation(source, destination, new OutgoingOptions());

        var (outgoing, incoming, _) = await conversation.RunAsync();

        Assert.Equal("No space left on device", incoming!.Message);
        Assert.IsNotType<PeerLostException>(incoming);
        Assert.True(outgoing is PeerRefusedException or PeerLostException, outgoing?.ToString());
        Assert.Equal(["stop", "start"], source.Control.Calls);
    }

    [Fact]
    public async Task Another_machine_is_refused_before_any_page()
    {
        var source = TestMachine.Source(11);
        var destination = new TestMachine { Ram = new MemoryRam(), Devices = new MemoryDevices { RefuseMachine = "pc-test-1.0" } };
        using var conversation = new Conversation(source, destination, new OutgoingOptions());

        var (outgoing, incoming, _) = await conversation.RunAsync();

        Assert.IsType<MachineRefusedException>(incoming);
        Assert.NotNull(outgoing);
        Assert.Equal(0, destination.Ram.Writes);
        Assert.Equal(["stop", "start"], source.Control.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_cut_at_any_byte_ends_both_sides_and_loses_no_machine(bool postcopy)
    {
        var total = await StreamLengthAsync(postcopy);
        var random = new Random(12);
        for (var round = 0; round < 60; round++)
        {
            var cut = random.NextInt64(total);
            var (source, destination) = (TestMachine.Source(12), TestMachine.Destination());
            using var conversation = new Conversation(source, destination, new OutgoingOptions { Postcopy = postcopy }, layer: channel => new CuttingChannel(channel, cut));

            var (outgoing, incoming, _) = await conversation.RunAsync();

            Assert.True(outgoing is PeerLostException, $"cut at {cut}: {outgoing}");
            Assert.True(incoming is PeerLostException, $"cut at {cut}: {incoming}");
            var runs = destination.Control.Calls.Contains("start");
            // Exactly one side may run the guest; in postcopy the source gives up as soon as the whole package is out.
            if (conversation.Outgoing.State == MigrationState.Failed) Assert.Equal(["stop", "start"], source.Control.Calls);
            else Assert.Equal((MigrationState.PostcopyPaused, "stop"), (conversation.Outgoing.State, Assert.Single(source.Control.Calls)));
            if (!postcopy) Assert.False(runs);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_either_end_ends_both_soon(bool cancelSource)
    {
        var (source, destination) = (TestMachine.Source(13), TestMachine.Destination());
        using var conversation = new Conversation(source, destination, new OutgoingOptions { BandwidthBytesPerSecond = 200_000 });
        var run = conversation.RunAsync();
        await Task.Delay(200, TestContext.Current.CancellationToken);
        await (cancelSource ? conversation.CancelOutgoing : conversation.CancelIncoming).CancelAsync();

        var (outgoing, incoming, _) = await run;

        Assert.IsAssignableFrom<OperationCanceledException>(cancelSource ? outgoing : incoming);
        Assert.IsType<PeerLostException>(cancelSource ? incoming : outgoing);
        Assert.Equal(MigrationState.Cancelled, cancelSource ? conversation.Outgoing.State : conversation.Incoming.State);
        Assert.Equal(["stop", "start"], source.Control.Calls);
        Assert.Empty(destination.Control.Calls);
    }

    private static Task RunGuestAsync(TestMachine source, TestMachine destination, int reads, int seed) => Task.Run(() =>
    {
        Assert.True(destination.Control.Started.Wait(Patience));
        var random = new Random(seed);
        for (var read = 0; read < reads; read++)
        {
            var block = random.Next(destination.Ram.Blocks.Count);
            var page = random.NextInt64(destination.Ram.Blocks[block].PageCount);
            var got = destination.Ram.GuestRead(new PageAddress(block, page), Patience);
            Assert.True(source.Ram.Content(block).AsSpan((int)page * RamBlock.PageSize, RamBlock.PageSize).SequenceEqual(got), $"page {page} of block {block}");
        }
    });

    private static async Task<long> StreamLengthAsync(bool postcopy)
    {
        using var conversation = new Conversation(TestMachine.Source(12), TestMachine.Destination(), new OutgoingOptions { Postcopy = postcopy });
        var (outgoing, incoming, _) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        // Not the last bytes: a cut in the empty description or behind the end mark is no loss.
        return conversation.Outgoing.Statistics.StreamBytes - 24;
    }
}
