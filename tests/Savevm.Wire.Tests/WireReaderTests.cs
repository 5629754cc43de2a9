using CsCheck;

namespace Savevm.Wire.Tests;

public class WireReaderTests
{
    [Fact]
    public void Fields_are_big_endian_and_follow_each_other()
    {
        var reader = new WireReader(Hex.Bytes("01 0203 04050607 08090a0b0c0d0e0f 03 'abc' 1011"), 100);
        Assert.True(reader.TryReadByte(out byte b));
        Assert.True(reader.TryReadUInt16(out ushort s));
        Assert.True(reader.TryReadUInt32(out uint i));
        Assert.True(reader.TryReadUInt64(out ulong l));
        Assert.True(reader.TryReadCountedString(out ReadOnlySpan<byte> name));
        Assert.Equal((0x01, 0x0203, 0x04050607u, 0x08090a0b0c0d0e0ful), (b, s, i, l));
        Assert.Equal("abc"u8, name);
        Assert.Equal(19, reader.Position);
        Assert.Equal(119, reader.Offset);
        Assert.Equal(2, reader.Remaining);
        Assert.True(reader.TryReadBytes(2, out ReadOnlySpan<byte> rest));
        Assert.Equal(Hex.Bytes("1011"), rest);
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void A_read_past_the_window_is_false_and_does_not_move()
    {
        var reader = new WireReader([0x05, 0x61, 0x62], 0);
        Assert.False(reader.TryReadUInt64(out _));
        Assert.False(reader.TryReadUInt32(out _));
        Assert.False(reader.TryReadCountedString(out ReadOnlySpan<byte> name));
        Assert.False(reader.TryReadBytes(4, out ReadOnlySpan<byte> bytes));
        Assert.True(name.IsEmpty);
        Assert.True(bytes.IsEmpty);
        Assert.Equal(0, reader.Position);
        Assert.True(reader.TryReadUInt16(out _));
        Assert.False(reader.TryReadUInt16(out _));
        Assert.True(reader.TryReadByte(out byte last));
        Assert.Equal(0x62, last);
        Assert.False(reader.TryReadByte(out _));
        Assert.False(reader.TryReadCountedString(out _));
        Assert.Equal(3, reader.Position);
    }

    [Fact]
    public void What_the_writer_wrote_the_reader_reads()
    {
        Gen.Select(Gen.Byte, Gen.UShort, Gen.UInt, Gen.ULong, Gen.Byte.Array[0, 255], Gen.Byte.Array[0, 600]).Sample(
            (b, s, i, l, name, raw) =>
            {
                var writer = new WireWriter(initialCapacity: 0);
                writer.WriteByte(b);
                writer.WriteUInt16(s);
                writer.WriteUInt32(i);
                writer.WriteUInt64(l);
                writer.WriteCountedString(name);
                writer.WriteBytes(raw);
                var reader = new WireReader(writer.WrittenSpan, 0);
                return writer.Length == 16 + name.Length + raw.Length
                    && reader.TryReadByte(out byte b2) && b2 == b
                    && reader.TryReadUInt16(out ushort s2) && s2 == s
                    && reader.TryReadUInt32(out uint i2) && i2 == i
                    && reader.TryReadUInt64(out ulong l2) && l2 == l
                    && reader.TryReadCountedString(out ReadOnlySpan<byte> name2) && name2.SequenceEqual(name)
                    && reader.TryReadBytes(raw.Length, out ReadOnlySpan<byte> raw2) && raw2.SequenceEqual(raw)
                    && reader.Remaining == 0;
            });
    }
}
