using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class RamRecordWriterTests
{
    [Fact]
    public void Records_have_the_bytes_of_the_specification()
    {
        byte[] buffer = new byte[RamRecordWriter.MaxPageHeaderBytes + 1];
        Assert.Equal("0000000000000030", Text(RamRecordWriter.WriteWord(buffer, 0, RamFlags.Eos | RamFlags.Continue)));
        Assert.Equal("0000000012345028", Text(RamRecordWriter.WritePageHeader(buffer, 0x12345000, [])));
        Assert.Equal(Hex.Normal("0000000012345008 06 'pc.ram'"), Text(RamRecordWriter.WritePageHeader(buffer, 0x12345000, "pc.ram"u8)));
        Assert.Equal("000000001234502200", Text(RamRecordWriter.WriteZeroPage(buffer, 0x12345000, [])));
        Assert.Equal(Hex.Normal("0000000012345002 06 'pc.ram' 00"), Text(RamRecordWriter.WriteZeroPage(buffer, 0x12345000, "pc.ram"u8)));

        string Text(int written)
        {
            string text = Hex.Text(buffer.AsSpan(0, written));
            buffer.AsSpan().Fill(0xee);
            return text;
        }
    }

    [Fact]
    public void The_longest_head_fits_its_constant()
    {
        byte[] name = new byte[255];
        name.AsSpan().Fill((byte)'n');
        byte[] buffer = new byte[RamRecordWriter.MaxPageHeaderBytes];
        Assert.Equal(buffer.Length, RamRecordWriter.WritePageHeader(buffer, 0, name));
    }

    [Fact]
    public void A_name_that_has_no_length_byte_is_refused() =>
        Assert.Throws<OverflowException>(() => RamRecordWriter.WritePageHeader(new byte[1000], 0, new byte[256]));
}
