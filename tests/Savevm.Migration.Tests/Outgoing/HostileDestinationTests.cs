using Savevm.Migration.Outgoing;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Migration.Tests.Outgoing;

public sealed class HostileDestinationTests
{
    /// <summary>What a destination says on the return path, byte by byte, and a word of the answer.</summary>
    public static TheoryData<string, string> Messages => new()
    {
        { "0004 000c 0000000000001000 00001000", "names no block" },
        { "0003 0013 0000000000001001 00001000 06 70632e72616d", "0x1001" },
        { "0003 0013 0000000000001000 00000000 06 70632e72616d", "" },
        { "0003 0013 0000000000001000 00000800 06 70632e72616d", "2048" },
        { "0003 0013 000000000012c000 00001000 06 70632e72616d", "outside block" },
        { "0003 0013 fffffffffffff000 00001000 06 70632e72616d", "0xfffffffffffff000" },
        { "0003 0013 000000000012b000 00002000 06 70632e72616d", "outside block" },
        { "0003 0013 0000000000000000 fffff000 06 70632e72616d", "4294963200" },
        { "0003 0010 0000000000001000 00001000 03 2e2e2f", "unknown RAM block" },
        { "0005 0007 06 70632e72616d", "RecvBitmap" },
        { "0006 0004 00000001", "ResumeAck" },
        { "0000 0000", "" },
        { "0009 0000", "" },
        { "0002 ffff", "" },
        { "0001 0002 0000", "" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_forbidden_message_is_refused_with_its_offset_and_answered_with_nothing(string hex, string word)
    {
        var source = TestMachine.Source(20);
        var (near, far) = ChannelPair.Create();
        using var channels = new ChannelSet(near);
        var migration = new OutgoingMigration(source.AsSource(), channels, new OutgoingOptions { Postcopy = true, PushUnrequested = false });
        far.Write(Convert.FromHexString("0002000400000001" + hex.Replace(" ", "", StringComparison.Ordinal)));

        var failure = await Task.Run(() => Record.Exception(() => migration.Run(TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);

        var defect = Assert.IsType<WireException>(failure);
        Assert.Contains(word, defect.Message, StringComparison.Ordinal);
        Assert.InRange(defect.Offset, 8, 8 + hex.Replace(" ", "", StringComparison.Ordinal).Length / 2);
        Assert.Contains($"0x{defect.Offset:x}", defect.Message, StringComparison.Ordinal);
        Assert.Equal(0, migration.Statistics.NormalPages + migration.Statistics.ZeroPages);
        far.Dispose();
    }

    [Fact]
    public async Task Refusing_the_state_hands_the_machine_back_in_precopy()
    {
        var source = TestMachine.Source(21);
        var (near, far) = ChannelPair.Create();
        using var channels = new ChannelSet(near);
        var migration = new OutgoingMigration(source.AsSource(), channels, new OutgoingOptions());
        var drain = Task.Run(() =>
        {
            var buffer = new byte[1 << 16];
            far.Write(Convert.FromHexString("0001000400000001"));
            try
            {
                while (far.Read(buffer) > 0)
                {
                }
            }
            catch (IOException)
            {
                // The source broke the connection, as it should.
            }
        }, TestContext.Current.CancellationToken);

        var failure = await Task.Run(() => Record.Exception(() => migration.Run(TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);

        Assert.Equal(1u, Assert.IsType<PeerRefusedException>(failure).Code);
        Assert.Equal(["stop", "start"], source.Control.Calls);
        await drain;
        far.Dispose();
    }
}
