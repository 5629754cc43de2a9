using Savevm.Hosting.DirtyTracking;
using Savevm.Migration.Live;
using Savevm.Migration.Tests.Doubles;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Tests.Pages;

/// <summary>When one of many channels breaks, all end, the machine goes on where it was, and no thread stays behind.</summary>
public sealed class BrokenChannelTests
{
    [Fact]
    public async Task One_channel_that_is_cut_ends_them_all()
    {
        var random = new Random(1);
        for (var seed = 0; seed < 12; seed++)
        {
            using var source = new WritingMachine(seed, DirtyTrackerTable.Software);
            using var there = new Destination(source.Ram);
            var (cut, limit) = (random.Next(3), seed < 4 ? random.Next(3000) : random.NextInt64(1 << 20));
            using var conversation = new LiveConversation(
                source, there.Machine, Endless(), multifd: 3, multifdLayer: (id, channel) => id == cut ? new CuttingChannel(channel, limit) : channel);
            var (outgoing, incoming) = await conversation.RunAsync();
            // The destination may have had the time to say that it gives up.
            Assert.True(outgoing is PeerLostException or PeerRefusedException, $"seed {seed}: {outgoing}");
            Assert.IsType<PeerLostException>(incoming);
            conversation.AssertNoThreadIsLeft(atLeast: 3);
            Assert.True(source.IsWriting(), $"seed {seed}: the machine stands still");
            Assert.Empty(there.Control.Calls);
            Assert.Equal(MigrationState.Failed, conversation.Outgoing.State);
            Assert.Equal(MigrationState.Failed, conversation.Incoming.State);
        }
    }

    [Fact]
    public async Task A_destination_that_breaks_one_channel_is_told_apart_from_one_that_ends_well()
    {
        using var source = new WritingMachine(3, DirtyTrackerTable.Software);
        using var there = new Destination(source.Ram);
        using var conversation = new LiveConversation(source, there.Machine, Endless(), multifd: 2);
        var run = conversation.RunAsync();
        await Task.Delay(20, TestContext.Current.CancellationToken);
        conversation.DestinationEnds.Multifd[1].Abort();
        var (outgoing, incoming) = await run;
        Assert.True(outgoing is PeerLostException or PeerRefusedException, $"{outgoing}");
        // Named as the broken one, unless the source was quicker to give the others up.
        Assert.IsType<PeerLostException>(incoming);
        Assert.True(source.IsWriting());
        Assert.Empty(there.Control.Calls);
    }

    [Theory]
    [InlineData(MultifdCompression.None)]
    [InlineData(MultifdCompression.Zstd)]
    public async Task Cancelled_at_any_moment_no_thread_is_left_behind(MultifdCompression compression)
    {
        for (var delay = 0; delay < 40; delay += 4)
        {
            using var source = new WritingMachine(delay, DirtyTrackerTable.Software, writtenPages: 4000, pauseMicroseconds: 0);
            using var there = new Destination(source.Ram);
            var options = Endless() with { Multifd = new MultifdOptions { Compression = compression } };
            using var conversation = new LiveConversation(source, there.Machine, options, multifd: 4);
            conversation.Cancel.CancelAfter(delay);
            var (outgoing, incoming) = await conversation.RunAsync();
            Assert.IsType<OperationCanceledException>(outgoing);
            Assert.NotNull(incoming);
            conversation.AssertNoThreadIsLeft(atLeast: 4);
            Assert.True(source.IsWriting());
            Assert.Empty(there.Control.Calls);
        }
    }

    /// <summary>What nobody breaks never ends.</summary>
    private static LiveOptions Endless() => new() { Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(-1) } };
}
