using System.Diagnostics;
using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Migration.ReturnPath;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Tests.Outgoing;

/// <summary>A destination that says in postcopy what none may say: the source names it, with little memory, and sends nothing that it should not.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class HostileRecoveryTests
{
    private const string Name = "06 70632e72616d", Bits = "0300000000000000", Mark = "0123456789abcdef";

    /// <summary>What is answered to the question for the pages of two blocks, of 70 pages and of one.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { $"0005 0007 {Name} 0000000000000008 {Bits} {Mark}", "received bitmap of 8 bytes, the block's has 16" },
        { $"0005 0007 {Name} 0000000000000018", "received bitmap of 24 bytes, the block's has 16" },
        { $"0005 0007 {Name} ffffffffffffffff", "received bitmap of 18446744073709551615 bytes" },
        { $"0005 0007 {Name} 0000000000000010 {Bits} {Bits} 0123456789abcdee", "where the end mark of a bitmap was expected" },
        { "0005 0004 03 6f6e65 0000000000000008", "a bitmap of block 'one' where that of 'pc.ram' was asked for" },
        { "0005 0004 03 2e2e2f 0000000000000008", "a bitmap of block '../' where" },
        { $"0005 0007 {Name} 0000000000000010 {Bits} {Bits} {Mark} 0005 0007 {Name}", "a bitmap of block 'pc.ram' where that of 'one'" },
        { "0006 0004 00000001", "ResumeAck where RecvBitmap is due" },
        { "0002 0004 00000001", "Pong where RecvBitmap is due" },
        { "0004 000c 0000000000001000 00001000", "ReqPages where RecvBitmap is due" },
        { "0001 0004 00000000", "Shut where RecvBitmap is due" },
        { "bitmaps 0006 0004 00000002", "RESUME_ACK with value 2" },
        { "bitmaps 0006 0004 00000000", "RESUME_ACK with value 0" },
        { $"bitmaps 0005 0007 {Name}", "RecvBitmap where ResumeAck is due" },
        { $"bitmaps 0003 0013 0000000000001000 00001000 {Name}", "ReqPagesId where ResumeAck is due" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_that_is_none_is_named_with_its_offset(string hex, string words)
    {
        var whole = $"0005 0007 {Name} 0000000000000010 {Bits} {Bits} {Mark} 0005 0004 03 6f6e65 0000000000000008 {Bits} {Mark}";
        var answer = Convert.FromHexString(hex.Replace("bitmaps", whole, StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        var channel = new BytesChannel(answer);
        var agreed = 0;

        var failure = Assert.Throws<WireException>(() => RecoveryHandshake.Run(channel, new ReturnPathReader(channel), Blocks, new ControlWriter(new MigrationStatistics()), () => agreed++));

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Offset, 0, answer.Length);
        Assert.Equal(hex.StartsWith("bitmaps", StringComparison.Ordinal) ? 1 : 0, agreed);
        // POSTCOPY_RESUME is said to nobody who has not told all.
        Assert.Equal(agreed, channel.Written.Length > 9 + 11 + 1 ? 1 : 0);
    }

    [Fact]
    public void A_bitmap_that_never_ends_takes_no_more_memory_than_the_block_has_bits()
    {
        RamBlock[] huge = [new(0, "pc.ram", 1L << 36)];
        var answer = Convert.FromHexString("0005000706 70632e72616d 0000000000200000".Replace(" ", "", StringComparison.Ordinal));
        var channel = new BytesChannel([.. answer, .. new byte[4 << 20]]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<WireException>(() => RecoveryHandshake.Run(channel, new ReturnPathReader(channel), huge, new ControlWriter(new MigrationStatistics())));

        // One bitmap of what is missing and one of what came, two MiB each.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 2 << 20, 5 << 20);
    }

    /// <summary>A million requests in a row, for a few hundred pages.</summary>
    [Fact]
    public async Task Who_asks_a_million_times_gets_each_page_once()
    {
        const int Requests = 1_000_000, Batch = 1000;
        var source = TestMachine.Source(3);
        var (near, far) = ChannelPair.Create();
        using var channels = new ChannelSet(near);
        var migration = new OutgoingMigration(source.AsSource(), channels, new OutgoingOptions { Postcopy = true, PushUnrequested = false });
        var run = EngineThread.Run(() => migration.Run(CancellationToken.None));
        var drain = EngineThread.Run(() =>
        {
            var buffer = new byte[1 << 20];
            while (far.Read(buffer) > 0)
            {
            }
        });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        var random = new Random(5);
        var messages = new WireWriter();
        for (var asked = 0; asked < Requests; asked += Batch)
        {
            messages.Clear();
            for (var index = 0; index < Batch; index++)
            {
                // The last page is never asked for: with it the migration would be over.
                var (name, pages) = TestMachine.Layout[random.Next(3)];
                ReturnMessageWriter.WritePageRequest(messages, name, (ulong)random.Next(pages) * RamBlock.PageSize, RamBlock.PageSize);
            }
            far.Write(messages.WrittenSpan);
        }
        SpinWait.SpinUntil(() => migration.Statistics.RequestsReceived == Requests, TimeSpan.FromSeconds(60));

        Assert.Equal(Requests, migration.Statistics.RequestsReceived);
        Assert.InRange(migration.Statistics.RequestsServed, 300, 372);
        Assert.Equal(migration.Statistics.RequestsServed, migration.Statistics.NormalPages + migration.Statistics.ZeroPages);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
        far.Abort();
        Assert.IsType<PeerLostException>(await run);
        Assert.Equal(MigrationState.PostcopyPaused, migration.State);
        await drain;
        far.Dispose();
    }

    private static RamBlock[] Blocks => [new(0, "pc.ram", 70L * RamBlock.PageSize), new(1, "one", RamBlock.PageSize)];
}
