using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class RamPayloadReaderTests
{
    [Fact]
    public void Payloads_are_read_whole()
    {
        Windows.AssertEveryCut(Hex.Bytes("01 0003 000107"), Read(RamRecordKind.Xbzrle));
        Windows.AssertEveryCut(Hex.Bytes("00000002 7801"), Read(RamRecordKind.CompressedPage));
        Windows.AssertEveryCut(new byte[4096], Read(RamRecordKind.Page));
        Assert.True(RamPayloadReader.TryRead(RamRecordKind.Xbzrle, Hex.Bytes("01 0003 000107"), 0, out ReadOnlySpan<byte> payload, out _));
        Assert.Equal("000107", Hex.Text(payload));
        foreach (RamRecordKind kind in new[] { RamRecordKind.ZeroPage, RamRecordKind.EndOfSection, RamRecordKind.Hook, RamRecordKind.MultifdFlush })
        {
            Assert.True(RamPayloadReader.TryRead(kind, [], 0, out payload, out int consumed));
            Assert.True(payload.IsEmpty && consumed == 0);
        }
    }

    [Fact]
    public void An_XBZRLE_page_may_be_empty_and_as_long_as_a_page()
    {
        Assert.True(RamPayloadReader.TryReadLength(RamRecordKind.Xbzrle, Hex.Bytes("01 0000"), 0, out int length, out int head));
        Assert.Equal((0, 3), (length, head));
        Assert.True(RamPayloadReader.TryReadLength(RamRecordKind.Xbzrle, Hex.Bytes("01 1000"), 0, out length, out _));
        Assert.Equal(4096, length);
    }

    [Theory]
    [InlineData("02 0001 00", 0, 1)]
    [InlineData("01 1001 00", 1, 3)]
    public void An_XBZRLE_page_that_cannot_be_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, Read(RamRecordKind.Xbzrle));

    [Theory]
    [InlineData("00000000", 0, 4)]
    [InlineData("0000100e", 0, 4)]
    [InlineData("ffffffff", 0, 4)]
    public void A_compressed_page_that_cannot_be_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, Read(RamRecordKind.CompressedPage));

    [Fact]
    public void What_the_writer_writes_is_read_again()
    {
        byte[] buffer = new byte[RamRecordWriter.MaxPageHeaderBytes + 4];
        int written = RamRecordWriter.WriteXbzrleHeader(buffer, 0x5000, "m"u8, 0x102);
        Assert.Equal(Hex.Normal("0000000000005040 01 'm' 01 0102"), Hex.Text(buffer.AsSpan(0, written)));
        written = RamRecordWriter.WriteXbzrleHeader(buffer, 0x5000, [], 0);
        Assert.Equal(Hex.Normal("0000000000005060 01 0000"), Hex.Text(buffer.AsSpan(0, written)));
        written = RamRecordWriter.WriteCompressedHeader(buffer, 0x5000, [], 4109);
        Assert.Equal(Hex.Normal("0000000000005120 0000100d"), Hex.Text(buffer.AsSpan(0, written)));
        var writer = new WireWriter();
        RamRecordWriter.WriteMultifdFlush(writer);
        Assert.Equal("0000000000000200", Hex.Text(writer));
        Assert.Throws<ArgumentOutOfRangeException>(() => RamRecordWriter.WriteXbzrleHeader(buffer, 0, [], 4097));
        Assert.Throws<ArgumentOutOfRangeException>(() => RamRecordWriter.WriteCompressedHeader(buffer, 0, [], 0));
    }

    [Fact]
    public void A_fill_byte_is_a_matter_of_dialect()
    {
        byte[] element = Hex.Bytes("0000000000005022 41");
        Assert.Throws<WireException>(() => RamRecordReader.TryRead(element, 0, StreamDialect.Default, out _, out _));
        var old = new StreamDialect { AcceptsFillBytes = true };
        Assert.True(RamRecordReader.TryRead(element, 0, old, out RamRecord record, out int headerBytes));
        Assert.Equal((0x41, 9), (record.Fill, headerBytes));
    }

    private static Windows.TryRead Read(RamRecordKind kind) =>
        (ReadOnlySpan<byte> window, long offset, out int consumed) => RamPayloadReader.TryRead(kind, window, offset, out _, out consumed);
}
