using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class CommandTableTests
{
    [Fact]
    public void Every_command_stands_in_its_own_row()
    {
        Assert.Equal(Enum.GetValues<CommandType>(), CommandTable.Rows.Select(r => r.Type));
        Assert.All(CommandTable.Rows, row => Assert.Same(row, CommandTable.Find(row.Type)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(ushort.MaxValue)]
    public void There_is_no_other_command(int number) => Assert.Null(CommandTable.Find((CommandType)number));

    [Theory]
    [InlineData(CommandType.Ping, 4, true)]
    [InlineData(CommandType.Ping, 5, false)]
    [InlineData(CommandType.PostcopyAdvise, 0, true)]
    [InlineData(CommandType.PostcopyAdvise, 8, false)]
    [InlineData(CommandType.PostcopyAdvise, 16, true)]
    [InlineData(CommandType.PostcopyAdvise, 32, false)]
    [InlineData(CommandType.PostcopyRamDiscard, 19, false)]
    [InlineData(CommandType.PostcopyRamDiscard, 20, true)]
    [InlineData(CommandType.PostcopyRamDiscard, 65535, true)]
    [InlineData(CommandType.RecvBitmap, 1, false)]
    [InlineData(CommandType.RecvBitmap, 256, true)]
    [InlineData(CommandType.RecvBitmap, 257, false)]
    public void Lengths_are_those_of_the_specification(CommandType type, int length, bool legal) =>
        Assert.Equal(legal, CommandTable.Find(type)!.AcceptsLength(length));
}
