using Savevm.Wire.Colo;

namespace Savevm.Wire.Tests.Colo;

public class ColoMessageTests
{
    [Fact]
    public void A_checkpoint_has_the_bytes_of_the_specification()
    {
        var primary = new WireWriter();
        new ColoMessage(ColoMessageType.CheckpointRequest).Write(primary);
        new ColoMessage(ColoMessageType.VMStateSend).Write(primary);
        new ColoMessage(ColoMessageType.VMStateSize, 0x3456).Write(primary);
        Assert.Equal(Hex.Normal("00000001 00000003 00000004 0000000000003456"), Hex.Text(primary));
        var secondary = new WireWriter();
        foreach (ColoMessageType type in new[] { ColoMessageType.CheckpointReady, ColoMessageType.CheckpointReply, ColoMessageType.VMStateReceived, ColoMessageType.VMStateLoaded })
            new ColoMessage(type).Write(secondary);
        Assert.Equal(Hex.Normal("00000000 00000002 00000005 00000006"), Hex.Text(secondary));
    }

    [Fact]
    public void Messages_are_read_and_are_those_of_the_specification()
    {
        Windows.AssertEveryCut(Hex.Bytes("00000001"), Read(fromPrimary: true));
        Windows.AssertEveryCut(Hex.Bytes("00000004 0000000000003456"), Read(fromPrimary: true));
        string[][] told = Specification.Table("13.2 Messages");
        Assert.Equal(told.Select(row => $"{row[0]} {row[1]}"), ColoMessageTable.Rows.Select(row => $"{(uint)row.Type} {row.Name}"));
        foreach ((string[] cells, ColoMessageRow row) in told.Zip(ColoMessageTable.Rows))
        {
            Assert.Equal(cells[2] == "SRC to DST", row.IsFromPrimary);
            Assert.Equal(cells[3] == "be64 size", row.HasValue);
        }
    }

    [Theory]
    [InlineData("00000007", 0, 4, true)]
    [InlineData("ffffffff", 0, 4, false)]
    [InlineData("00000000", 0, 4, true)]
    [InlineData("00000001", 0, 4, false)]
    [InlineData("00000004 0000000000000000", 4, 12, true)]
    [InlineData("00000004 0000000010000001", 4, 12, true)]
    [InlineData("00000004 ffffffffffffffff", 4, 12, true)]
    public void A_message_that_cannot_be_is_refused(string bytes, long at, int visible, bool fromPrimary) =>
        Windows.AssertDefect(bytes, at, visible, Read(fromPrimary));

    [Fact]
    public void A_message_that_no_reader_would_take_is_not_written()
    {
        Assert.Throws<InvalidOperationException>(() => new ColoMessage((ColoMessageType)7).Write(new WireWriter()));
        Assert.Throws<InvalidOperationException>(() => new ColoMessage(ColoMessageType.VMStateSize).Write(new WireWriter()));
        Assert.Throws<InvalidOperationException>(() => new ColoMessage(ColoMessageType.VMStateSend, 1).Write(new WireWriter()));
    }

    private static Windows.TryRead Read(bool fromPrimary) =>
        (ReadOnlySpan<byte> window, long offset, out int consumed) => ColoMessage.TryRead(window, offset, fromPrimary, out _, out consumed);
}
