using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class SectionTypeTableTests
{
    [Fact]
    public void Every_type_has_one_row() => Assert.Equal(Enum.GetValues<SectionType>(), SectionTypeTable.Rows.Select(row => row.Type));

    [Theory]
    [InlineData("7e00000002", true)]
    [InlineData("0200000002", false)]
    [InlineData("04", false)]
    [InlineData("00", false)]
    [InlineData("08", false)]
    public void Footers_are_recognised_by_what_follows_a_body(string bytes, bool expected)
    {
        Assert.True(ForwardReader.TryDetectFooters(Hex.Bytes(bytes), 0, out bool hasFooters));
        Assert.Equal(expected, hasFooters);
        Assert.False(ForwardReader.TryDetectFooters([], 0, out _));
    }

    [Theory]
    [InlineData("05")]
    [InlineData("06")]
    [InlineData("07")]
    [InlineData("ff")]
    public void What_follows_no_body_is_refused(string bytes) =>
        Assert.Equal(9, Assert.Throws<WireException>(() => ForwardReader.TryDetectFooters(Hex.Bytes(bytes), 9, out _)).Offset);
}
