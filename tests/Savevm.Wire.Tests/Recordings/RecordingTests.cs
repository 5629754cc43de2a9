using Savevm.Wire.Recordings;

namespace Savevm.Wire.Tests.Recordings;

public class RecordingTests
{
    [Fact]
    public void What_is_written_is_read_and_a_shorter_window_is_too_short()
    {
        byte[] file = Recording(out int first);
        Assert.True(RecordingReader.TryReadHeader(file, 0, out int header));
        Assert.Equal(RecordingWriter.HeaderBytes, header);
        for (int cut = 0; cut < first; cut++)
            Assert.False(RecordingReader.TryRead(file.AsSpan(header, cut), header, out _, out _), $"cut at {cut}");
        Assert.True(RecordingReader.TryRead(file.AsSpan(header), header, out RecordingRecord record, out int consumed));
        Assert.Equal(first, consumed);
        Assert.Equal((RecordingRecordType.Forward, (ushort)3, 77UL), (record.Type, record.Channel, record.Time));
        Assert.Equal("hello"u8, record.Bytes);
        Assert.True(RecordingReader.TryRead(file.AsSpan(header + first), header + first, out record, out _));
        Assert.Equal((RecordingRecordType.Closed, (byte)RecordingClosing.Broken), (record.Type, record.Detail));
    }

    [Fact]
    public void No_flipped_bit_goes_unnoticed()
    {
        byte[] file = Recording(out int first);
        for (int bit = 0; bit < 8 * (RecordingWriter.HeaderBytes + first); bit++)
        {
            byte[] flipped = [.. file];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(IsRefused(flipped), $"bit {bit}");
        }
    }

    [Fact]
    public void A_length_over_the_limit_is_refused_before_its_bytes_are_waited_for()
    {
        byte[] head = new byte[RecordingWriter.HeadBytes];
        RecordingWriter.WriteHead(head, RecordingRecordType.Forward, 0, 0, 0, "x"u8);
        head[12] = 0x7f;
        Assert.Equal(112, Assert.Throws<WireException>(() => RecordingReader.TryRead(head, 100, out _, out _)).Offset);
    }

    private static bool IsRefused(byte[] file)
    {
        try
        {
            // A length that grew makes the window too short, which is no acceptance either.
            return !RecordingReader.TryReadHeader(file, 0, out int header) || !RecordingReader.TryRead(file.AsSpan(header), header, out _, out _);
        }
        catch (WireException)
        {
            return true;
        }
    }

    private static byte[] Recording(out int first)
    {
        byte[] file = new byte[RecordingWriter.HeaderBytes + (2 * RecordingWriter.HeadBytes) + 5];
        RecordingWriter.WriteHeader(file);
        Span<byte> rest = file.AsSpan(RecordingWriter.HeaderBytes);
        RecordingWriter.WriteHead(rest, RecordingRecordType.Forward, 0, 3, 77, "hello"u8);
        "hello"u8.CopyTo(rest[RecordingWriter.HeadBytes..]);
        first = RecordingWriter.HeadBytes + 5;
        RecordingWriter.WriteHead(rest[first..], RecordingRecordType.Closed, (byte)RecordingClosing.Broken, 3, 78, default);
        return file;
    }
}
