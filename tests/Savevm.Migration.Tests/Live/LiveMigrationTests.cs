using Savevm.Hosting.DirtyTracking;
using Savevm.Migration.Live;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Migration.Tests.Live;

/// <summary>A machine that writes all the while goes to another place: its RAM is equal there, and it runs on exactly one side.</summary>
public sealed class LiveMigrationTests
{
    public static TheoryData<string, int> Trackers => new(
        from row in DirtyTrackerTable.Rows
        where row.Name != DirtyTrackerTable.SoftDirty
        from seed in Enumerable.Range(1, 4)
        select (row.Name, seed));

    [Theory]
    [MemberData(nameof(Trackers))]
    public async Task The_destination_has_what_the_machine_had_when_it_stopped(string tracker, int seed)
    {
        using var source = new WritingMachine(seed, tracker, writers: 1 + (seed % 3));
        using var there = new Destination(source.Ram);
        var options = new LiveOptions { Convergence = new ConvergenceOptions { StopAfterRounds = 3 + seed } };
        using var conversation = new LiveConversation(source, there.Machine, options);
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        there.AssertEquals(source);
        Assert.Equal(["stop"], source.Calls);
        Assert.Equal(["start"], there.Control.Calls);
        Assert.Equal([MigrationState.Setup, MigrationState.Active, MigrationState.Device, MigrationState.Completed], conversation.OutgoingStates);
        Assert.False(source.Dirty.IsTracking);
        Assert.True(conversation.Outgoing.Statistics.DirtySyncCount >= 1);
        Assert.True(conversation.Outgoing.Statistics.Downtime > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_switch_to_postcopy_at_any_moment_leaves_no_page_behind(int seed)
    {
        using var source = new WritingMachine(seed, DirtyTrackerTable.Software, writers: 2, writtenPages: 4000, pauseMicroseconds: 0);
        var destination = TestMachine.Destination();
        var options = new LiveOptions
        {
            Postcopy = true,
            BandwidthBytesPerSecond = 200 << 20,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1) },
        };
        using var conversation = new LiveConversation(source, destination.AsDestination(), options);
        var run = conversation.RunAsync();
        await Task.Delay(seed * 40, TestContext.Current.CancellationToken);
        conversation.Outgoing.StartPostcopy();
        var (outgoing, incoming) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Equal(
            [MigrationState.Setup, MigrationState.Active, MigrationState.Device, MigrationState.PostcopyActive, MigrationState.Completed],
            conversation.OutgoingStates);
        Assert.NotEmpty(destination.Ram.Discards);
        for (var block = 0; block < source.Ram.Blocks.Count; block++)
            Assert.True(source.Content(block).AsSpan().SequenceEqual(destination.Ram.Content(block)), $"block {block} differs");
        Assert.Equal(["stop"], source.Calls);
        Assert.Equal(["start"], destination.Control.Calls);
    }

    [Fact]
    public async Task A_machine_of_which_nothing_is_dirty_still_has_something_to_discard_before_postcopy()
    {
        using var source = new WritingMachine(4, DirtyTrackerTable.Software, writers: 0);
        var destination = TestMachine.Destination();
        var options = new LiveOptions
        {
            Postcopy = true,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(-1), PostcopyAfterRounds = 1 },
        };
        using var conversation = new LiveConversation(source, destination.AsDestination(), options);
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Single(destination.Ram.Discards);
        Assert.True(source.Content(0).AsSpan().SequenceEqual(destination.Ram.Content(0)));
    }

    [Fact]
    public async Task A_connection_that_breaks_anywhere_leaves_the_machine_here()
    {
        // What is not zero has more than six megabytes, without what is written meanwhile.
        var random = new Random(1);
        for (var seed = 0; seed < 25; seed++)
        {
            using var source = new WritingMachine(seed, DirtyTrackerTable.Software);
            using var there = new Destination(source.Ram);
            var limit = seed < 5 ? random.Next(3000) : random.NextInt64(6 << 20);
            using var conversation = new LiveConversation(source, there.Machine, new LiveOptions(), channel => new CuttingChannel(channel, limit));
            var (outgoing, incoming) = await conversation.RunAsync();
            Assert.IsType<PeerLostException>(outgoing);
            Assert.NotNull(incoming);
            Assert.True(source.IsWriting(), $"seed {seed}: the machine stands still");
            Assert.Empty(there.Control.Calls);
            Assert.False(source.Dirty.IsTracking);
            Assert.Equal(MigrationState.Failed, conversation.Outgoing.State);
        }
    }

    [Fact]
    public async Task Cancelled_at_any_moment_the_machine_goes_on_here()
    {
        for (var delay = 0; delay < 60; delay += 6)
        {
            using var source = new WritingMachine(delay, DirtyTrackerTable.Software, writtenPages: 4000, pauseMicroseconds: 0);
            using var there = new Destination(source.Ram);
            LiveConversation? conversation = null;
            var options = new LiveOptions
            {
                Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1) },
                // Should it have nothing left to send before it is cancelled, it waits for that here.
                BeforeSwitchover = () => conversation!.Cancel.Token.WaitHandle.WaitOne(),
            };
            using var running = conversation = new LiveConversation(source, there.Machine, options);
            conversation.Cancel.CancelAfter(delay);
            var (outgoing, _) = await conversation.RunAsync();
            Assert.IsType<OperationCanceledException>(outgoing);
            Assert.True(source.IsWriting());
            Assert.Empty(there.Control.Calls);
            Assert.Equal(MigrationState.Cancelled, conversation.Outgoing.State);
        }
    }

    [Fact]
    public async Task To_cancel_when_the_destination_has_everything_is_too_late()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            using var source = new WritingMachine(seed, DirtyTrackerTable.Software);
            LiveConversation? conversation = null;
            // The moment in which the destination takes the devices: the source has written all and waits.
            using var there = new Destination(source.Ram, () => conversation!.Cancel.Cancel());
            conversation = new LiveConversation(source, there.Machine, new LiveOptions());
            using (conversation)
            {
                var (outgoing, incoming) = await conversation.RunAsync();
                Assert.Null(outgoing);
                Assert.Null(incoming);
                Assert.Equal(["stop"], source.Calls);
                Assert.Equal(["start"], there.Control.Calls);
                Assert.Equal(MigrationState.Completed, conversation.Outgoing.State);
            }
        }
    }

    [Fact]
    public async Task To_cancel_while_the_devices_are_saved_leaves_the_machine_here()
    {
        using var source = new WritingMachine(2, DirtyTrackerTable.Software);
        using var there = new Destination(source.Ram);
        LiveConversation? conversation = null;
        source.Stopped = () => conversation!.Cancel.Cancel();
        using (conversation = new LiveConversation(source, there.Machine, new LiveOptions()))
        {
            var (outgoing, incoming) = await conversation.RunAsync();
            Assert.IsType<OperationCanceledException>(outgoing);
            Assert.NotNull(incoming);
            Assert.Equal(["stop", "start"], source.Calls);
            Assert.Empty(there.Control.Calls);
            Assert.True(source.IsWriting());
        }
    }

    [Fact]
    public async Task Whoever_must_release_something_is_asked_while_the_machine_stands_still()
    {
        using var source = new WritingMachine(6, DirtyTrackerTable.Software);
        using var there = new Destination(source.Ram);
        IReadOnlyList<string> callsThen = [];
        var options = new LiveOptions { BeforeSwitchover = () => callsThen = source.Calls };
        using var conversation = new LiveConversation(source, there.Machine, options);
        var (outgoing, _) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Equal(["stop"], callsThen);
        Assert.Contains(MigrationState.PreSwitchover, conversation.OutgoingStates);
    }

    [Fact]
    public async Task Who_cannot_release_it_keeps_the_machine()
    {
        using var source = new WritingMachine(7, DirtyTrackerTable.Software);
        using var there = new Destination(source.Ram);
        var options = new LiveOptions { BeforeSwitchover = () => throw new InvalidOperationException("the disk is busy") };
        using var conversation = new LiveConversation(source, there.Machine, options);
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Equal("the disk is busy", outgoing!.Message);
        Assert.NotNull(incoming);
        Assert.Equal(["stop", "start"], source.Calls);
        Assert.True(source.IsWriting());
        Assert.Empty(there.Control.Calls);
    }

    [Fact]
    public async Task A_machine_that_writes_too_fast_is_slowed_down_until_it_can_be_sent()
    {
        using var source = new WritingMachine(8, DirtyTrackerTable.Software, writers: 1, writtenPages: 4000, pauseMicroseconds: 1);
        using var there = new Destination(source.Ram);
        var options = new LiveOptions
        {
            BandwidthBytesPerSecond = 64 << 20,
            Convergence = new ConvergenceOptions
            {
                AutoConverge = true,
                ThrottleInitial = 50,
                ThrottleIncrement = 49,
                DowntimeLimit = TimeSpan.FromMilliseconds(30),
            },
        };
        using var conversation = new LiveConversation(source, there.Machine, options);
        var run = conversation.RunAsync();
        // What a throttle does to a machine is the machine's: this one writes less when nearly all of its time is taken.
        SpinWait.SpinUntil(() => source.MostThrottled == 99, TimeSpan.FromSeconds(30));
        source.Calm(20);
        var (outgoing, incoming) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Equal(99, source.MostThrottled);
        Assert.Equal(99, conversation.Outgoing.Statistics.ThrottlePercent);
        there.AssertEquals(source);
    }

    [Fact]
    public async Task The_bandwidth_is_what_was_set()
    {
        using var source = new WritingMachine(9, DirtyTrackerTable.Software, writers: 0);
        using var there = new Destination(source.Ram);
        using var conversation = new LiveConversation(source, there.Machine, new LiveOptions { BandwidthBytesPerSecond = 16 << 20 });
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();
        var (outgoing, _) = await conversation.RunAsync();
        Assert.Null(outgoing);
        // Some seven megabytes of pages that are not zero.
        var expected = conversation.Outgoing.Statistics.StreamBytes / (double)(16 << 20);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalSeconds > expected * 0.8);
    }
}
