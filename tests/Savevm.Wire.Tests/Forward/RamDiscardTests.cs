using CsCheck;
using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class RamDiscardTests
{
    [Fact]
    public void The_payload_names_a_block_and_its_ranges()
    {
        byte[] payload = Hex.Bytes(
            "00 06 'pc.ram' 00 0000000000001000 0000000000002000 0000000000100000 0000000000001000");
        RamDiscard discard = RamDiscard.Parse(payload, 0);
        Assert.Equal("pc.ram", discard.BlockName);
        Assert.Equal([new RamRange(0x1000, 0x2000), new RamRange(0x100000, 0x1000)], discard.Ranges);
        Assert.Equal(payload, discard.ToPayload());
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("01 01 'a' 00 0000000000000000 0000000000001000", 0)]
    [InlineData("00", 1)]
    [InlineData("00 00 00 0000000000000000 0000000000001000", 1)]
    [InlineData("00 ff 'a' 00", 3)]
    [InlineData("00 ff 'aaaa'", 1)]
    [InlineData("00 02 'a' 1b 00 0000000000000000 0000000000001000", 3)]
    [InlineData("00 01 'a'", 3)]
    [InlineData("00 01 'a' 01 0000000000000000 0000000000001000", 3)]
    [InlineData("00 01 'a' 00", 4)]
    [InlineData("00 01 'a' 00 0000000000000000", 4)]
    [InlineData("00 01 'a' 00 0000000000000000 0000000000001000 00", 4)]
    [InlineData("00 01 'a' 00 0000000000000000 0000000000000000", 4)]
    [InlineData("00 01 'a' 00 0000000000000800 0000000000001000", 4)]
    [InlineData("00 01 'a' 00 0000000000000000 0000000000001001", 4)]
    [InlineData("00 01 'a' 00 fffffffffffff000 0000000000001000", 4)]
    [InlineData("00 01 'a' 00 0000000000001000 fffffffffffff000", 4)]
    [InlineData("00 01 'a' 00 0000000000000000 0000000000001000 00003ffffffff000 0000000000002000", 20)]
    public void A_payload_with_a_defect_is_refused(string payload, long at)
    {
        var defect = Assert.Throws<WireException>(() => RamDiscard.Parse(Hex.Bytes(payload), 0x40));
        Assert.Equal(0x40 + at, defect.Offset);
    }

    [Fact]
    public void Every_prefix_of_a_payload_is_refused_or_has_fewer_ranges()
    {
        byte[] payload = new RamDiscard("pc.ram", [new(0, 0x1000), new(0x2000, 0x1000)]).ToPayload();
        for (int cut = 0; cut < payload.Length; cut++)
        {
            byte[] prefix = payload[..cut];
            if (cut == payload.Length - 16)
                Assert.Single(RamDiscard.Parse(prefix, 0).Ranges);
            else
                Assert.Throws<WireException>(() => RamDiscard.Parse(prefix, 0));
        }
    }

    [Fact]
    public void A_command_carries_one_to_twelve_ranges()
    {
        Assert.Throws<InvalidOperationException>(() => new RamDiscard("a", []).ToPayload());
        Assert.Throws<InvalidOperationException>(() => new RamDiscard("a", new RamRange[13]).ToPayload());
    }

    [Fact]
    public void Discards_survive_the_round_trip()
    {
        Gen<RamRange> ranges = Gen.Select(Gen.ULong[0, 1UL << 32], Gen.ULong[1, 1UL << 32])
            .Select((start, length) => new RamRange(start << 12, length << 12));
        Gen.Select(Gen.Char[' ', '~'].Array[1, 255], ranges.Array[1, 12]).Sample((name, list) =>
        {
            RamDiscard parsed = RamDiscard.Parse(new RamDiscard(new string(name), list).ToPayload(), 0);
            return parsed.BlockName == new string(name) && parsed.Ranges.SequenceEqual(list);
        });
    }
}
