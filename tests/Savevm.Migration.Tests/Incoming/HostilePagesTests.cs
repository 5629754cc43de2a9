using System.Text;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Migration.Incoming;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Tests.Incoming;

/// <summary>Packets and differences that no honest source writes: each is refused with its offset, and the machine never runs.</summary>
public sealed class HostilePagesTests
{
    private const ulong Page = RamBlock.PageSize;

    private static readonly (string, ulong)[] Blocks = [("pc.ram", 4 * Page), ("one", Page)];

    [Theory]
    // The word of a page of the block "one", the encoding, a length; then the difference.
    [InlineData("0000000000000040 03 6f6e65 01 0003 00 01 07", null)]
    [InlineData("0000000000000040 03 6f6e65 02 0003 00 01 07", "encoding 2")]
    [InlineData("0000000000000040 03 6f6e65 01 1001 00 01 07", "XBZRLE page of 4097 bytes")]
    [InlineData("0000000000001040 03 6f6e65 01 0003 00 01 07", "outside block 'one'")]
    [InlineData("0000000000000040 03 6f6e66 01 0003 00 01 07", "unknown RAM block 'onf'")]
    [InlineData("0000000000000040 03 6f6e65 01 0004 ff1f 02 07", "reaches beyond its page")]
    [InlineData("0000000000000040 03 6f6e65 01 0005 ff1f 02 07 08", "reaches beyond its page")]
    [InlineData("0000000000000040 03 6f6e65 01 0002 00 05", "reaches beyond its page")]
    [InlineData("0000000000000040 03 6f6e65 01 0003 00 00 07", "reaches beyond its page")]
    [InlineData("0000000000000040 03 6f6e65 01 0003 80 80 01", "reaches beyond its page")]
    public void Differences(string record, string? words)
    {
        var machine = TestMachine.Destination();
        var script = new SourceScript().Opening().Blocks(Blocks).Pages(SectionType.Part, ("one", 0, 9))
            .Hex("02 00000002 " + record + " 0000000000000010 7e 00000002").Pages(SectionType.End).Device("cpu", 5, 1).End();
        using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(script.Bytes));
        if (words is null)
        {
            migration.Run(TestContext.Current.CancellationToken);
            Assert.Equal([7, 9, 9], machine.Ram.Content(1)[..3]);
            return;
        }
        var failure = Assert.Throws<WireException>(() => migration.Run(TestContext.Current.CancellationToken));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.True(failure.Offset > 4096, $"offset {failure.Offset}");
        Assert.Empty(machine.Control.Calls);
        // A difference that is refused changed nothing.
        Assert.All(machine.Ram.Content(1), each => Assert.Equal(9, each));
    }

    [Fact]
    public void Of_pages_that_come_in_packets_the_honest_ones_are_taken()
    {
        var machine = TestMachine.Destination();
        var main = MainStream(new SourceScript());
        byte[] channel = [.. Initial(0), .. Sync(), .. Packet("pc.ram", [0, 2 * Page], [Page]), .. Packet("one", [0], []), .. Sync()];
        Run(machine, main, channel);
        Assert.Equal([1, 0, 2, 0], Enumerable.Range(0, 4).Select(page => machine.Ram.Content(0)[page * (int)Page]));
        Assert.Equal(1, machine.Ram.Content(1)[0]);
        Assert.Equal(["start"], machine.Control.Calls);
    }

    public static TheoryData<string, byte[]> Channels => new(
        ("magic 0x11223345", [0x11, 0x22, 0x33, 0x45, .. new byte[60]]),
        ("of version 2", [.. Changed(Initial(0), 7, 2), .. Sync(), .. Sync()]),
        ("multifd channel 1 of 1", [.. Initial(1), .. Sync(), .. Sync()]),
        ("ended within a packet", Initial(0)[..40]),
        ("ended within a packet", [.. Initial(0), .. Sync(), .. Packet("pc.ram", [0], [])[..2000]]),
        ("ended before the mark", [.. Initial(0), .. Sync(), .. Packet("pc.ram", [0], [])]),
        ("unknown RAM block 'pc.rom'", [.. Initial(0), .. Sync(), .. Packet("pc.rom", [0], []), .. Sync()]),
        ("outside block 'one'", [.. Initial(0), .. Sync(), .. Packet("one", [Page], []), .. Sync()]),
        ("outside block 'one'", [.. Initial(0), .. Sync(), .. Packet("one", [], [Page]), .. Sync()]),
        ("page at 0x1", [.. Initial(0), .. Sync(), .. Packet("one", [1], []), .. Sync()]),
        ("with 129 slots", [.. Initial(0), .. Sync(), .. Changed(Packet("one", [0], []), 15, 129), .. Sync()]),
        ("payload of 4097 bytes", [.. Initial(0), .. Sync(), .. Changed(Packet("one", [0], []), 23, 1), .. Sync()]),
        ("flags 0x80", [.. Initial(0), .. Sync(), .. Changed(Sync(), 11, 0x80)]),
        ("state of a device", [.. Initial(0), .. Sync(), .. DeviceState(), .. Sync()]),
        ("cannot be unpacked here", [.. Initial(0), .. Sync(), .. Packed(MultifdCompression.Qpl, 1, [1, 2]), .. Sync()]),
        ("payload is not zstd's", [.. Initial(0), .. Sync(), .. Packed(MultifdCompression.Zstd, 1, [1, 2, 3, 4, 5, 6, 7]), .. Sync()]),
        ("payload is not zlib's", [.. Initial(0), .. Sync(), .. Packed(MultifdCompression.Zlib, 1, [1, 2, 3, 4, 5, 6, 7]), .. Sync()]),
        ("more than 4096 bytes of pages", [.. Initial(0), .. Sync(), .. Packed(MultifdCompression.Zstd, 1, Zeros(MultifdCompression.Zstd, 128)), .. Sync()]),
        ("more than 4096 bytes of pages", [.. Initial(0), .. Sync(), .. Packed(MultifdCompression.Zlib, 1, Zeros(MultifdCompression.Zlib, 128)), .. Sync()]),
        ("of 8192 bytes of pages", [.. Initial(0), .. Sync(), .. Packed(MultifdCompression.Zstd, 2, Zeros(MultifdCompression.Zstd, 1)), .. Sync()]),
        ("a payload of None after one of Zlib", [.. Initial(0), .. Sync(), .. Packed(MultifdCompression.Zlib, 1, Zeros(MultifdCompression.Zlib, 1)), .. Packet("one", [0], []), .. Sync()]));

    [Theory]
    [MemberData(nameof(Channels), DisableDiscoveryEnumeration = true)]
    public void Packets(string words, byte[] channel)
    {
        var machine = TestMachine.Destination();
        var failure = Assert.ThrowsAny<Exception>(() => Run(machine, MainStream(new SourceScript()), channel));
        Assert.True(failure is WireException or PeerLostException or MachineRefusedException, $"{failure}");
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Empty(machine.Control.Calls);
    }

    [Fact]
    public void Two_channels_of_one_number_or_of_two_machines()
    {
        byte[] rest = [.. Sync(), .. Sync()];
        var twice = Assert.Throws<WireException>(() => Run(TestMachine.Destination(), MainStream(new SourceScript()), [.. Initial(0), .. rest], [.. Initial(0), .. rest]));
        Assert.Contains("two multifd channels have the number 0", twice.Message, StringComparison.Ordinal);
        var two = Assert.Throws<WireException>(
            () => Run(TestMachine.Destination(), MainStream(new SourceScript()), [.. Initial(0), .. rest], [.. Changed(Initial(1), 8, 1), .. rest]));
        Assert.Contains("beside one of", two.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_that_no_mark_follows_are_missing_at_the_end()
    {
        var (stream, rest) = ChannelPair.Create();
        using (stream)
        using (rest)
        {
            var machine = TestMachine.Destination();
            byte[] loose = [.. Initial(0), .. Sync(), .. Sync(), .. Packet("one", [0], [])];
            using var migration = new IncomingMigration(machine.AsDestination(), new ChannelSet(stream, null, [new BytesChannel(loose)]));
            var run = EngineThread.Run(() => migration.Run(CancellationToken.None));
            var main = MainStream(new SourceScript());
            rest.Write(main.AsSpan(0, main.Length - 20));
            SpinWait.SpinUntil(() => machine.Ram.Writes > 0, TimeSpan.FromSeconds(10));
            rest.Write(main.AsSpan(main.Length - 20));
            Assert.Contains("no mark follows", Assert.IsType<WireException>(await run).Message, StringComparison.Ordinal);
            Assert.Empty(machine.Control.Calls);
        }
    }

    /// <summary>Channel 0 has the page of round 2 ready before channel 1 delivers that of round 1.</summary>
    [Fact]
    public async Task A_page_of_a_later_round_is_never_overtaken()
    {
        var (slow, hold) = ChannelPair.Create();
        using (slow)
        using (hold)
        {
            var machine = TestMachine.Destination();
            byte[] fast = [.. Initial(0), .. Sync(), .. Sync(), .. Packet("one", [0], [], firstFill: 9), .. Sync()];
            var main = new BytesChannel(MainStream(new SourceScript(), rounds: 2));
            using var migration = new IncomingMigration(machine.AsDestination(), new ChannelSet(main, null, [new BytesChannel(fast), slow]));
            var run = EngineThread.Run(() => migration.Run(CancellationToken.None));
            hold.Write([.. Initial(1), .. Sync()]);
            await Task.Delay(100, TestContext.Current.CancellationToken);
            Assert.Equal(0, machine.Ram.Writes);
            hold.Write([.. Packet("one", [0], [], firstFill: 5), .. Sync(), .. Sync()]);
            Assert.Null(await run);
            Assert.Equal(2, machine.Ram.Writes);
            Assert.Equal(9, machine.Ram.Content(1)[0]);
        }
    }

    private static byte[] MainStream(SourceScript script, int rounds = 1)
    {
        // START and PARTs with a flush record each: the packets are marked by records.
        var list = new SourceScript().Blocks(Blocks).Bytes;
        byte[] start = [.. list[..^13], .. Convert.FromHexString("0000000000000200"), .. list[^13..]];
        script.Opening().Hex(Convert.ToHexString(start));
        for (var round = 0; round < rounds; round++) script.Hex("02 00000002 0000000000000200 0000000000000010 7e 00000002");
        return script.Pages(SectionType.End).Device("cpu", 5, 1).End().Bytes;
    }

    private static void Run(TestMachine machine, byte[] main, params byte[][] channels)
    {
        using var migration = new IncomingMigration(
            machine.AsDestination(), new ChannelSet(new BytesChannel(main), null, [.. channels.Select(bytes => new BytesChannel(bytes))]));
        migration.Run(TestContext.Current.CancellationToken);
    }

    private static byte[] Initial(byte id)
    {
        var writer = new WireWriter();
        new MultifdInitialPacket(Guid.Empty, id).Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static byte[] Sync()
    {
        var head = new byte[MultifdPacketWriter.RamHeaderBytes];
        MultifdPacketWriter.WriteSync(head, 0);
        return head;
    }

    /// <summary>Pages that are filled with 1, 2 and so on; addresses are put in as they are, right or wrong.</summary>
    private static byte[] Packet(string block, ulong[] normal, ulong[] zero, int firstFill = 1)
    {
        var head = new byte[MultifdPacketWriter.RamHeaderBytes];
        MultifdPacketWriter.WritePages(head, 0, Encoding.ASCII.GetBytes(block), normal, zero, MultifdCompression.None, normal.Length * (int)Page);
        return [.. head, .. normal.SelectMany((_, index) => Enumerable.Repeat((byte)(firstFill + index), (int)Page))];
    }

    private static byte[] Packed(MultifdCompression compression, int pages, byte[] payload)
    {
        var head = new byte[MultifdPacketWriter.RamHeaderBytes];
        var addresses = Enumerable.Range(0, pages).Select(page => (ulong)page * Page).ToArray();
        MultifdPacketWriter.WritePages(head, 0, Encoding.ASCII.GetBytes("pc.ram"), addresses, [], compression, payload.Length);
        return [.. head, .. payload];
    }

    private static byte[] Zeros(MultifdCompression compression, int pages)
    {
        using var encoder = CompressionTable.Find(compression).CreateEncoder!();
        var packed = new byte[WireLimits.MaxMultifdPayloadBytes];
        return packed[..encoder.Encode(new byte[pages * (int)Page], packed)];
    }

    private static byte[] DeviceState()
    {
        var head = new byte[MultifdPacketWriter.DeviceHeaderBytes];
        MultifdPacketWriter.WriteDeviceState(head, Encoding.ASCII.GetBytes("vfio"), 0, 3);
        return [.. head, 1, 2, 3];
    }

    private static byte[] Changed(byte[] packet, int at, byte value)
    {
        packet[at] = value;
        return packet;
    }
}
