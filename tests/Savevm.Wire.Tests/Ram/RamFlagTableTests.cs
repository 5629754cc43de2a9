using System.Globalization;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class RamFlagTableTests
{
    [Fact]
    public void Flags_are_those_of_the_specification()
    {
        string[][] told = Specification.Table("4.1 Flag bits");
        Assert.Equal(
            told.Select(row => $"{Convert.ToUInt64(row[0], 16):x} {row[1]}"),
            RamFlagTable.Rows.Select(row => ((ulong)row.Flag).ToString("x", CultureInfo.InvariantCulture) + " " + row.Name));
        foreach ((string[] cells, RamFlagRow row) in told.Zip(RamFlagTable.Rows))
        {
            Assert.Equal(cells[2].StartsWith("[block id]", StringComparison.Ordinal), row.NamesPage);
            if (row.First is { } first)
                Assert.Contains($"since {first}", cells[3], StringComparison.Ordinal);
            if (row.Last is { } last)
                Assert.Contains($"up to {last}", cells[3], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0x002, "ZERO")]
    [InlineData(0x022, "ZERO")]
    [InlineData(0x010, "EOS")]
    [InlineData(0x030, "EOS")]
    [InlineData(0x200, "MULTIFD_FLUSH")]
    public void One_flag_with_or_without_CONTINUE_makes_a_record(ulong flags, string name) =>
        Assert.Equal(name, RamFlagTable.Find((RamFlags)flags)?.Name);

    [Theory]
    [InlineData(0x000, "none")]
    [InlineData(0x001, "FULL")]
    [InlineData(0x021, "FULL|CONTINUE")]
    [InlineData(0x020, "CONTINUE")]
    [InlineData(0x00a, "ZERO|PAGE")]
    [InlineData(0x400, "0x400")]
    [InlineData(0xc48, "PAGE|XBZRLE|0xc00")]
    public void Anything_else_makes_none_and_is_named(ulong flags, string description)
    {
        Assert.Null(RamFlagTable.Find((RamFlags)flags));
        Assert.Equal(description, RamFlagTable.Describe((RamFlags)flags));
    }

    [Fact]
    public void A_flag_that_no_reader_takes_any_more_is_named_in_the_refusal()
    {
        var defect = Assert.Throws<WireException>(() => RamRecordReader.TryRead(Hex.Bytes("0000000000001001 01 'm'"), 0, out _, out _));
        Assert.Contains("FULL", defect.Message, StringComparison.Ordinal);
    }
}
