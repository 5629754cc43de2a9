using Savevm.Wire.Iterable;

namespace Savevm.Wire.Tests.Iterable;

public class DirtyBitmapTests
{
    // Both bodies were observed: a disk of 64 MiB with bits 0, 16 to 18 and 640 of a bitmap of 64 KiB granules set.
    private const string StartBody = "1c 02 'd0' 02 'b1' 00001000 01 14 02 'b0' 00010000 01 01";
    private const string EndHead = "40 0000000000000000 00020000 0000000000000080";

    private static readonly byte[] EndBody = MakeEndBody();

    [Fact]
    public void An_observed_conversation_is_understood_and_written_again_equal()
    {
        var tracker = new DirtyBitmapTracker();
        var rewritten = new WireWriter();
        foreach (byte[] body in new[] { Hex.Bytes(StartBody), EndBody })
        {
            rewritten.Clear();
            int position = 0;
            DirtyBitmapChunk chunk;
            do
            {
                Assert.True(DirtyBitmapReader.TryRead(body.AsSpan(position), position, out chunk, out int consumed));
                tracker.Accept(chunk, position);
                Rewrite(rewritten, chunk);
                position += consumed;
            }
            while (!chunk.IsLast);
            Assert.Equal(body.Length, position);
            Assert.Equal(Hex.Text(body), Hex.Text(rewritten));
        }
        Assert.Equal(["d0/b1 4096", "d0/b0 65536"], tracker.Bitmaps.Select(bitmap => $"{bitmap.NodeName}/{bitmap.Name} {bitmap.Granularity}"));
        MigratedBitmap last = tracker.Bitmaps[1];
        Assert.Equal((5L, 0x20000L, true, true, false), (last.DirtyGranules, last.Sectors, last.IsComplete, last.IsEnabled, last.IsPersistent));
        Assert.False(tracker.Bitmaps[0].IsComplete);
    }

    [Theory]
    [InlineData("01")]
    [InlineData("1c 02 'd0' 02 'b1' 00001000 01")]
    [InlineData("14 02 'b0' 00010000 03")]
    [InlineData("20")]
    [InlineData("2c 01 'd' 01 'b'")]
    [InlineData("42 0000000000000000 00020000")]
    [InlineData("40 0000000000000000 00000001 0000000000000002 ffff")]
    [InlineData("21")]
    public void A_chunk_ends_where_it_ends(string bytes) => Windows.AssertEveryCut(Hex.Bytes(bytes), Read);

    [Theory]
    [InlineData("00", 0, 1)]
    [InlineData("0c 01 'd' 01 'b'", 0, 1)]
    [InlineData("80", 0, 1)]
    [InlineData("30", 0, 1)]
    [InlineData("50", 0, 1)]
    [InlineData("12", 0, 1)]
    [InlineData("18 00", 1, 2)]
    [InlineData("18 01 07", 2, 3)]
    [InlineData("10 00000100", 1, 5)]
    [InlineData("10 00000300", 1, 5)]
    [InlineData("10 00001000 08", 5, 6)]
    [InlineData("40 0040000000000001", 1, 9)]
    [InlineData("40 0000000000000000 00000001 0000000000000000", 13, 21)]
    [InlineData("40 0000000000000000 00000001 0000000000002801", 13, 21)]
    [InlineData("40 0000000000000000 00000001 ffffffffffffffff", 13, 21)]
    public void A_chunk_that_cannot_be_is_refused(string bytes, long at, int visible) => Windows.AssertDefect(bytes, at, visible, Read);

    [Theory]
    [InlineData("40 0000000000000000 00000001 0000000000000001 ff")]
    [InlineData("2c 01 'd' 01 'x'")]
    [InlineData("10 00001000 01")]
    [InlineData("1c 01 'd' 01 'b' 00001000 01")]
    [InlineData("4c 01 'd' 01 'b' 0000000000000000 00000100 0000000000000001 ff")]
    [InlineData("2c 01 'd' 01 'b' 20")]
    public void A_chunk_that_concerns_no_open_bitmap_or_not_its_bits_is_refused(string second)
    {
        // Granules of 4 KiB: 256 sectors are 32 granules, and one byte holds eight.
        string first = second.StartsWith("10", StringComparison.Ordinal) || second.StartsWith("40", StringComparison.Ordinal)
            ? "" : "1c 01 'd' 01 'b' 00001000 01";
        Assert.Throws<WireException>(() =>
        {
            byte[] bytes = Hex.Bytes(first + second);
            var tracker = new DirtyBitmapTracker();
            for (int position = 0; position < bytes.Length;)
            {
                Assert.True(DirtyBitmapReader.TryRead(bytes.AsSpan(position), position, out DirtyBitmapChunk chunk, out int consumed));
                tracker.Accept(chunk, position);
                position += consumed;
            }
        });
    }

    private static void Rewrite(WireWriter writer, in DirtyBitmapChunk chunk)
    {
        string? node = chunk.NodeName.IsEmpty ? null : System.Text.Encoding.ASCII.GetString(chunk.NodeName);
        string? bitmap = chunk.BitmapName.IsEmpty ? null : System.Text.Encoding.ASCII.GetString(chunk.BitmapName);
        if ((chunk.Flags & DirtyBitmapFlags.Start) != 0)
            DirtyBitmapWriter.WriteStart(writer, node, bitmap, chunk.Granularity, chunk.BitmapFlags);
        else if ((chunk.Flags & DirtyBitmapFlags.Bits) != 0)
            DirtyBitmapWriter.WriteBits(writer, node, bitmap, chunk.FirstSector, chunk.SectorCount, chunk.Bits);
        else if ((chunk.Flags & DirtyBitmapFlags.Complete) != 0)
            DirtyBitmapWriter.WriteComplete(writer, node, bitmap);
        else
            DirtyBitmapWriter.WriteEnd(writer);
    }

    private static byte[] MakeEndBody()
    {
        byte[] bits = new byte[128];
        bits[0] = 0x01;
        bits[2] = 0x07;
        bits[80] = 0x01;
        return [.. Hex.Bytes(EndHead), .. bits, .. Hex.Bytes("20 01")];
    }

    private static bool Read(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        DirtyBitmapReader.TryRead(window, offset, out _, out consumed);
}
