using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class PostcopyAdviseTests
{
    [Theory]
    [InlineData("0000000000001000 0000000000001000", 0x1000UL)]
    [InlineData("0000000000201000 0000000000001000", 0x201000UL)]
    [InlineData("0000000040000000 0000000000001000", 0x40000000UL)]
    public void The_payload_is_summary_and_page_size(string payload, ulong summary)
    {
        PostcopyAdvise advise = PostcopyAdvise.Parse(Hex.Bytes(payload), 0);
        Assert.Equal(new PostcopyAdvise(summary, 0x1000), advise);
        Assert.Equal(Hex.Bytes(payload), advise.ToPayload());
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("0000000000001000", 0)]
    [InlineData("0000000000000000 0000000000001000", 0)]
    [InlineData("0000000000001800 0000000000001000", 0)]
    [InlineData("ffffffffffffffff 0000000000001000", 0)]
    [InlineData("0000000080000000 0000000000001000", 0)]
    [InlineData("0000000000001000 0000000000000000", 8)]
    [InlineData("0000000000001000 0000000000003000", 8)]
    [InlineData("0000000000001000 8000000000000000", 8)]
    public void Sizes_that_are_no_page_sizes_are_refused(string payload, long at)
    {
        var defect = Assert.Throws<WireException>(() => PostcopyAdvise.Parse(Hex.Bytes(payload), 0x40));
        Assert.Equal(0x40 + at, defect.Offset);
    }
}
