using System.IO.Compression;
using CsCheck;
using Savevm.Machine.Ram.Compression;
using Savevm.Wire;
using Savevm.Wire.Multifd;

namespace Savevm.Machine.Tests.Ram.Compression;

public class PayloadCodecTests
{
    private const int Page = 4096;
    private const int BufferBytes = WireLimits.MaxMultifdPayloadBytes;

    public static TheoryData<string> Names => ["none", "zlib", "zstd"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_channel_of_packets_comes_back(string name)
    {
        Gen.Select(Gen.Int[1, 128], Gen.Int[0, 2], Gen.Int).Array[1, 6].Sample(
            packets =>
            {
                CompressionRow row = CompressionTable.Find(name)!;
                using IPayloadEncoder encoder = row.CreateEncoder!();
                using IPayloadDecoder decoder = row.CreateDecoder!();
                byte[] buffer = new byte[BufferBytes];
                foreach ((int count, int kind, int seed) in packets)
                {
                    byte[] pages = Pages(count, kind, seed);
                    int length = encoder.Encode(pages, buffer);
                    byte[] back = new byte[pages.Length];
                    decoder.Decode(buffer.AsSpan(0, length), 0, back);
                    if (!back.SequenceEqual(pages)) return false;
                }
                return true;
            },
            iter: 20);
    }

    [Fact]
    public void A_zlib_payload_is_a_flushed_piece_of_one_stream()
    {
        using var encoder = new ZlibPayloadEncoder(1);
        byte[] buffer = new byte[BufferBytes];
        byte[] first = buffer[..encoder.Encode(Pages(2, 1, 1), buffer)];
        byte[] second = buffer[..encoder.Encode(Pages(2, 1, 1), buffer)];
        Assert.Equal(0x78, first[0]);
        Assert.Equal([0, 0, 0xff, 0xff], first[^4..]);
        Assert.Equal([0, 0, 0xff, 0xff], second[^4..]);

        // The second piece refers to the first: it is far shorter than pages of text.
        Assert.InRange(second.Length, 1, first.Length / 2);
        using var whole = new ZLibStream(new MemoryStream([.. first, .. second]), CompressionMode.Decompress);
        byte[] pages = new byte[4 * Page];
        whole.ReadExactly(pages);
        Assert.Equal([.. Pages(2, 1, 1), .. Pages(2, 1, 1)], pages);
    }

    [Fact]
    public void A_zstd_payload_is_a_flushed_piece_of_one_frame()
    {
        using var encoder = new ZstdPayloadEncoder(1);
        byte[] buffer = new byte[BufferBytes];
        byte[] first = buffer[..encoder.Encode(Pages(2, 1, 1), buffer)];
        byte[] second = buffer[..encoder.Encode(Pages(2, 1, 1), buffer)];
        Assert.Equal([0x28, 0xb5, 0x2f, 0xfd], first[..4]);
        Assert.InRange(second.Length, 1, first.Length / 2);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("zlib")]
    [InlineData("zstd")]
    public void A_payload_of_more_or_fewer_pages_is_refused(string name)
    {
        foreach (int wrong in new[] { 1, 3 })
        {
            CompressionRow row = CompressionTable.Find(name)!;
            using IPayloadEncoder encoder = row.CreateEncoder!();
            using IPayloadDecoder decoder = row.CreateDecoder!();
            byte[] buffer = new byte[BufferBytes];
            int length = encoder.Encode(Pages(2, 0, 7), buffer);
            var defect = Assert.Throws<WireException>(() => decoder.Decode(buffer.AsSpan(0, length), 100, new byte[wrong * Page]));
            Assert.InRange(defect.Offset, 100, 100 + length);
        }
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("zstd")]
    public void Damaged_payloads_are_refused_or_yield_pages_of_the_right_length(string name)
    {
        Gen.Select(Gen.Select(Gen.Int[0, 5000], Gen.Byte).Array[1, 3], Gen.Int[0, 9000], Gen.Bool).Sample(
            (changes, cut, damageSecond) =>
            {
                CompressionRow row = CompressionTable.Find(name)!;
                using IPayloadEncoder encoder = row.CreateEncoder!();
                using IPayloadDecoder decoder = row.CreateDecoder!();
                byte[] buffer = new byte[BufferBytes];
                for (int i = 0; i < 2; i++)
                {
                    byte[] payload = buffer[..encoder.Encode(Pages(2, 1, i), buffer)];
                    if (i == 1 == damageSecond)
                    {
                        foreach ((int at, byte value) in changes) payload[at % payload.Length] = value;
                        if (cut < payload.Length) payload = payload[..cut];
                    }
                    try
                    {
                        decoder.Decode(payload, 0, new byte[2 * Page]);
                    }
                    catch (WireException e)
                    {
                        return e.Offset >= 0 && e.Offset <= payload.Length;
                    }
                }
                return true;
            },
            iter: 500);
    }

    [Fact]
    public void A_zstd_frame_that_asks_for_a_large_window_is_refused()
    {
        // Frame header: no single segment, window descriptor of 2^27 bytes; then a raw block.
        byte[] payload = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x01, 0x00, 0x00];
        using var decoder = new ZstdPayloadDecoder();
        Assert.Throws<WireException>(() => decoder.Decode(payload, 0, new byte[Page]));
        payload[5] = 0x78;
        using var another = new ZstdPayloadDecoder();
        Assert.Contains("0 of 4096", Assert.Throws<WireException>(() => another.Decode(payload, 0, new byte[Page])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_the_first_packet_nothing_is_allocated()
    {
        foreach (string name in Names.Select(row => row.Data))
        {
            CompressionRow row = CompressionTable.Find(name)!;
            using IPayloadEncoder encoder = row.CreateEncoder!();
            using IPayloadDecoder decoder = row.CreateDecoder!();
            byte[] buffer = new byte[BufferBytes];
            byte[] pages = Pages(64, 1, 1);
            byte[] back = new byte[pages.Length];
            for (int i = 0; i < 3; i++) decoder.Decode(buffer.AsSpan(0, encoder.Encode(pages, buffer)), 0, back);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++) decoder.Decode(buffer.AsSpan(0, encoder.Encode(pages, buffer)), 0, back);

            // zlib's reader is stopped by an exception, once a packet.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, name == "zlib" ? 20_000 : 200);
        }
    }

    [Fact]
    public void Every_compression_has_a_row()
    {
        Assert.Equal(Enum.GetValues<MultifdCompression>(), CompressionTable.Rows.Select(row => row.Compression));
        Assert.All(CompressionTable.Rows, row => Assert.Equal(row, CompressionTable.Find(row.Compression)));
        Assert.Null(CompressionTable.Find("lz4"));
        Assert.Throws<ArgumentException>(() => new ZstdPayloadEncoder(1).Encode(Pages(8, 2, 1), new byte[100]));
        Assert.Throws<ArgumentException>(() => new ZlibPayloadEncoder(1).Encode(Pages(8, 2, 1), new byte[100]));
    }

    [Fact]
    public void A_single_compressed_page_comes_back_and_nothing_else_does()
    {
        foreach (int kind in new[] { 0, 1 })
        {
            byte[] page = Pages(1, kind, 5);
            byte[] buffer = new byte[WireLimits.MaxEncodedPageBytes];
            byte[] payload = buffer[..ZlibPage.Encode(page, buffer)];
            byte[] back = new byte[Page];
            ZlibPage.Decode(payload, 0, back);
            Assert.Equal(page, back);
            Assert.Throws<WireException>(() => ZlibPage.Decode(payload, 0, new byte[Page - 1]));
            Assert.Throws<WireException>(() => ZlibPage.Decode(payload, 0, new byte[Page + 1]));
            Assert.Throws<WireException>(() => ZlibPage.Decode(payload.AsSpan(0, payload.Length - 1), 0, new byte[Page]));
            payload[^1] ^= 1;
            Assert.Throws<WireException>(() => ZlibPage.Decode(payload, 0, new byte[Page]));
        }
        Assert.Throws<WireException>(() => ZlibPage.Decode([], 9, new byte[Page]));
        Assert.Equal(0, ZlibPage.Encode(Pages(1, 2, 5), new byte[2000]));
    }

    /// <summary>Zeros, text, or noise.</summary>
    private static byte[] Pages(int count, int kind, int seed)
    {
        byte[] pages = new byte[count * Page];
        var random = new Random(seed);
        if (kind == 2) random.NextBytes(pages);
        for (int i = 0; kind == 1 && i < pages.Length; i += 16)
            System.Text.Encoding.ASCII.GetBytes($"page {seed % 1000,3} {random.Next(1000),5} ").AsSpan(0, 15).CopyTo(pages.AsSpan(i));
        return pages;
    }
}
