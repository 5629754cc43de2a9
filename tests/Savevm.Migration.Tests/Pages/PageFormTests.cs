using Savevm.Hosting.DirtyTracking;
using Savevm.Machine;
using Savevm.Migration.Live;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;
using Savevm.Wire.Dialects;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Tests.Pages;

/// <summary>A machine that writes all the while, in every form in which pages can travel: its RAM is equal at the other end.</summary>
public sealed class PageFormTests
{
    public static TheoryData<int, MultifdCompression, MultifdFlushMode, bool> Multifd => new(
        from channels in new[] { 1, 2, 5 }
        from compression in new[] { MultifdCompression.None, MultifdCompression.Zlib, MultifdCompression.Zstd }
        from flush in Enum.GetValues<MultifdFlushMode>()
        from zeros in new[] { true, false }
        // Those of the releases; the others once.
        where zeros == (flush == MultifdFlushMode.EachRound) || (channels, compression) == (2, MultifdCompression.None)
        select (channels, compression, flush, zeros));

    private static LiveOptions Rounds(int seed) => new() { Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1), StopAfterRounds = 3 + seed } };

    [Theory]
    [MemberData(nameof(Multifd))]
    public async Task In_packets_on_channels_of_their_own(int channels, MultifdCompression compression, MultifdFlushMode flush, bool zeros)
    {
        using var source = new WritingMachine(channels, DirtyTrackerTable.Software, writers: 2) { ZeroEvery = 40 };
        using var there = new Destination(source.Ram);
        var options = Rounds(channels) with
        {
            Multifd = new MultifdOptions { Compression = compression },
            Dialect = StreamDialect.Default with { MultifdFlush = flush, HasMultifdZeroPages = zeros },
        };
        using var conversation = new LiveConversation(source, there.Machine, options, multifd: channels);
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        there.AssertEquals(source);
        Assert.Equal(["start"], there.Control.Calls);
        var (sent, received) = (conversation.Outgoing.Statistics, conversation.Incoming.Statistics);
        Assert.True(sent.MultifdBytes > 3 << 20, $"{sent.MultifdBytes} bytes in packets");
        Assert.Equal(sent.MultifdBytes, received.MultifdBytes + (64 * channels));
        Assert.Equal((sent.NormalPages, sent.ZeroPages), (received.NormalPages, received.ZeroPages));
        // Nothing but control, and zero pages where packets do not tell them, is left for the main channel.
        Assert.InRange(sent.StreamBytes, 1, zeros ? 40_000 : 2 << 20);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(64 << 20)]
    public async Task As_differences(int cacheBytes)
    {
        using var source = new WritingMachine(cacheBytes, DirtyTrackerTable.Software, writers: 2) { ZeroEvery = 60 };
        using var there = new Destination(source.Ram);
        var options = Rounds(5) with { Xbzrle = new XbzrleOptions { CacheBytes = cacheBytes }, BandwidthBytesPerSecond = 200 << 20 };
        using var conversation = new LiveConversation(source, there.Machine, options);
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        there.AssertEquals(source);
        var counters = conversation.Outgoing.Statistics.Xbzrle!;
        Assert.Equal(cacheBytes, counters.CacheSize);
        Assert.True(counters.Pages > 0 && counters.Bytes > 0, $"{counters.Pages} pages found, {counters.Bytes} bytes of differences");
        Assert.True(counters.CacheMiss > 0);
        Assert.InRange(counters.CacheMissRate, 0, 1);
        var applied = conversation.Incoming.Statistics.Xbzrle!;
        Assert.True(applied.Pages > 0);
        // What was found unchanged was not sent, and what was too long was sent whole.
        Assert.InRange(applied.Pages, 1, counters.Pages - counters.Overflow);
        Assert.Equal(counters.Bytes - (counters.Overflow * 4096), applied.Bytes);
    }

    [Fact]
    public async Task In_a_file_at_fixed_places()
    {
        var path = Path.Combine(Path.GetTempPath(), $"savevm-{Guid.NewGuid():n}");
        try
        {
            using var source = new WritingMachine(3, DirtyTrackerTable.Software, writers: 2) { ZeroEvery = 20 };
            using (var channels = new ChannelSet(ChannelAddress.Parse($"file:{path}").Connect(TestContext.Current.CancellationToken)))
            {
                var migration = new LiveMigration(source.AsLive(), channels, Rounds(4) with { MappedRam = true });
                migration.Run(TestContext.Current.CancellationToken);
                Assert.True(migration.Statistics.DirtySyncCount >= 2);
                Assert.True(migration.Statistics.PlacedBytes > 0);
            }
            await MappedRamContent.AssertEqualsAsync(path, source);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task With_multifd_a_switch_to_postcopy_leaves_no_page_behind()
    {
        using var source = new WritingMachine(6, DirtyTrackerTable.Software, writers: 2, writtenPages: 4000, pauseMicroseconds: 0);
        var destination = TestMachine.Destination();
        var options = new LiveOptions
        {
            Postcopy = true,
            BandwidthBytesPerSecond = 200 << 20,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1), PostcopyAfterRounds = 2 },
        };
        using var conversation = new LiveConversation(source, destination.AsDestination(), options, multifd: 3);
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Contains(MigrationState.PostcopyActive, conversation.OutgoingStates);
        for (var block = 0; block < source.Ram.Blocks.Count; block++)
            Assert.True(source.Content(block).AsSpan().SequenceEqual(destination.Ram.Content(block)), $"block {block} differs");
        Assert.True(conversation.Outgoing.Statistics.MultifdBytes > 3 << 20);
    }

    public static TheoryData<string, int, LiveOptions> Impossible => new(
        ("XBZRLE and multifd exclude", 2, new LiveOptions { Xbzrle = new XbzrleOptions() }),
        ("multifd needs channels", 0, new LiveOptions { Multifd = new MultifdOptions() }),
        ("fails in postcopy with multifd", 1, new LiveOptions { Postcopy = true, Dialect = StreamDialect.OfMachine("pc-i440fx-7.2") }),
        ("packed with qpl", 1, new LiveOptions { Multifd = new MultifdOptions { Compression = MultifdCompression.Qpl } }),
        ("zlib has no level 10", 1, new LiveOptions { Multifd = new MultifdOptions { Compression = MultifdCompression.Zlib, Level = 10 } }),
        ("a power of two", 0, new LiveOptions { Xbzrle = new XbzrleOptions { CacheBytes = 3 << 20 } }),
        ("mapped-ram and postcopy", 0, new LiveOptions { MappedRam = true, Postcopy = true }),
        ("mapped-ram and XBZRLE", 0, new LiveOptions { MappedRam = true, Xbzrle = new XbzrleOptions() }),
        ("mapped-ram and multifd", 2, new LiveOptions { MappedRam = true }),
        ("is no file", 0, new LiveOptions { MappedRam = true }));

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_is_refused_before_anything_was_sent(string words, int multifd, LiveOptions options)
    {
        using var source = new WritingMachine(7, DirtyTrackerTable.Software, writers: 0);
        using var there = new Destination(source.Ram);
        using var conversation = new LiveConversation(source, there.Machine, options, multifd: multifd);
        var (outgoing, _) = await conversation.RunAsync();
        Assert.Contains(words, Assert.IsType<MachineRefusedException>(outgoing).Message, StringComparison.Ordinal);
        Assert.Equal(0, conversation.Outgoing.Statistics.TransferredBytes);
        Assert.Empty(source.Calls);
        Assert.False(source.Dirty.IsTracking);
    }
}
