namespace Savevm.Wire.Tests;

public class WireWriterTests
{
    [Fact]
    public void Fields_are_big_endian()
    {
        var writer = new WireWriter(1);
        writer.WriteByte(1);
        writer.WriteUInt16(0x0203);
        writer.WriteUInt32(0x04050607);
        writer.WriteUInt64(0x08090a0b0c0d0e0f);
        writer.WriteCountedString("abc");
        writer.WriteBytes([0xff]);
        Assert.Equal(Hex.Normal("01 0203 04050607 08090a0b0c0d0e0f 03 'abc' ff"), Hex.Text(writer));
        Assert.Equal(writer.WrittenSpan.ToArray(), writer.WrittenMemory.ToArray());
    }

    [Fact]
    public void Cleared_it_begins_anew()
    {
        var writer = new WireWriter();
        writer.WriteUInt64(ulong.MaxValue);
        writer.Clear();
        Assert.Equal(0, writer.Length);
        writer.WriteByte(7);
        Assert.Equal("07", Hex.Text(writer));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("tab\t")]
    [InlineData("pc.rämm")]
    [InlineData("\x7f")]
    public void A_name_that_cannot_travel_is_refused(string name)
    {
        var writer = new WireWriter();
        Assert.Throws<ArgumentException>(() => writer.WriteCountedString(name));
        Assert.Equal(0, writer.Length);
    }

    [Fact]
    public void A_counted_string_has_at_most_255_bytes()
    {
        var writer = new WireWriter();
        Assert.Throws<ArgumentException>(() => writer.WriteCountedString(new byte[256]));
        Assert.Throws<ArgumentException>(() => writer.WriteCountedString(new string('x', 256)));
        writer.WriteCountedString(new string('x', 255));
        Assert.Equal(256, writer.Length);
    }
}
