using CsCheck;
using Savevm.Machine.Ram.Xbzrle;

namespace Savevm.Machine.Tests.Ram.Xbzrle;

public class XbzrleTwinTests
{
    private const int PageBytes = 4096;

    // Runs of equal and of different bytes; the short ones make fragmented pages, the long ones need two length bytes.
    private static readonly Gen<int[]> Runs = Gen.OneOf(
        Gen.Int[1, 3].Array[0, 3000], Gen.Int[1, 30].Array[0, 300], Gen.Int[1, 1500].Array[0, 12], Gen.Int[1, 9].Array[0, 6]);

    private static readonly Gen<(byte[] Before, byte[] Now)> Pages = Gen.Select(
        Gen.Int, Gen.OneOf(Gen.Const(64), Gen.Const(128), Gen.Const(PageBytes)), Runs, Gen.Bool).Select(Make);

    [Fact]
    public void The_encoder_writes_what_its_slow_twin_writes_for_every_limit()
    {
        Gen.Select(Pages, Gen.Int[0, PageBytes]).Sample(
            (pages, limit) => Encode(pages, PageBytes).Is(SlowXbzrle.Encode(pages.Before, pages.Now, PageBytes))
                && Encode(pages, limit).Is(SlowXbzrle.Encode(pages.Before, pages.Now, limit)),
            iter: 4_000);
    }

    [Fact]
    public void A_limit_near_the_length_is_met_exactly()
    {
        Pages.Sample(
            pages =>
            {
                int length = SlowXbzrle.Encode(pages.Before, pages.Now, int.MaxValue)!.Length;
                for (int limit = Math.Max(0, length - 3); limit < length + 4; limit++)
                {
                    if (!Encode(pages, limit).Is(SlowXbzrle.Encode(pages.Before, pages.Now, limit))) return false;
                }
                return true;
            },
            iter: 1_000);
    }

    [Fact]
    public void The_decoder_gives_the_page_back()
    {
        Pages.Sample(
            pages =>
            {
                byte[] encoded = SlowXbzrle.Encode(pages.Before, pages.Now, int.MaxValue)!;
                byte[] page = [.. pages.Before];
                return XbzrleDecoder.TryDecode(encoded, page, out int defectAt) && defectAt == 0 && page.SequenceEqual(pages.Now)
                    && SlowXbzrle.Decode(encoded, pages.Before)!.SequenceEqual(pages.Now);
            },
            iter: 2_000);
    }

    [Fact]
    public void The_decoder_agrees_with_its_slow_twin_on_damaged_bytes()
    {
        Gen.Select(Pages, Gen.Select(Gen.Int[0, 5000], Gen.Byte).Array[0, 3], Gen.Int[0, 5000]).Sample(
            (pages, changes, cut) =>
            {
                byte[] source = SlowXbzrle.Encode(pages.Before, pages.Now, int.MaxValue)!;
                foreach ((int at, byte value) in changes.Where(_ => source.Length > 0)) source[at % source.Length] = value;
                if (cut < source.Length) source = source[..cut];
                return Agree(source, pages.Before);
            },
            iter: 5_000);
        Gen.Select(Gen.Byte.Array[0, 12], Gen.Int[0, 3]).Sample((source, size) => Agree(source, new byte[size * 64]), iter: 20_000);
    }

    [Theory]
    [InlineData("000107", 0)]
    [InlineData("", -1)]
    [InlineData("7f0107", 127)]
    [InlineData("80010107", 128)]
    public void Examples_of_the_specification(string source, int changed)
    {
        byte[] page = new byte[256];
        Assert.True(XbzrleDecoder.TryDecode(Convert.FromHexString(source), page, out _));
        Assert.Equal(changed, Array.FindIndex(page, value => value != 0));
    }

    [Theory]
    [InlineData("00", 0)]
    [InlineData("0001", 1)]
    [InlineData("0000", 1)]
    [InlineData("0002aa", 1)]
    [InlineData("8080", 0)]
    [InlineData("0001aa0001aa", 3)]
    [InlineData("800201aa", 2)]
    [InlineData("810201aa", 0)]
    [InlineData("ff0102aabb", 2)]
    public void A_difference_that_cannot_be_is_refused_where_it_is(string source, int at)
    {
        Assert.False(XbzrleDecoder.TryDecode(Convert.FromHexString(source), new byte[256], out int defectAt));
        Assert.Equal(at, defectAt);
    }

    [Fact]
    public void Pages_that_cannot_be_compared_are_our_own_mistake()
    {
        Assert.Throws<ArgumentException>(() => XbzrleEncoder.Encode(new byte[64], new byte[128], new byte[64]));
        Assert.Throws<ArgumentException>(() => XbzrleEncoder.Encode(new byte[63], new byte[63], new byte[64]));
        Assert.Throws<ArgumentException>(() => XbzrleEncoder.Encode(new byte[0x4000], new byte[0x4000], new byte[64]));
    }

    private static (byte[] Before, byte[] Now) Make(int seed, int length, int[] runs, bool startsDifferent)
    {
        byte[] before = new byte[length];
        new Random(seed).NextBytes(before);
        byte[] now = [.. before];
        int at = 0;
        for (int i = 0; i < runs.Length && at < length; i++)
        {
            int end = Math.Min(length, at + runs[i]);
            for (; at < end; at++)
            {
                if (i % 2 == 0 == startsDifferent) now[at] ^= (byte)(1 + (at % 255));
            }
        }
        return (before, now);
    }

    private static Encoded Encode((byte[] Before, byte[] Now) pages, int limit)
    {
        // What lies behind the limit must stay as it is.
        byte[] buffer = new byte[limit + 64];
        buffer.AsSpan().Fill(0xee);
        int length = XbzrleEncoder.Encode(pages.Before, pages.Now, buffer.AsSpan(0, limit));
        Assert.Equal(-1, buffer.AsSpan(limit).IndexOfAnyExcept((byte)0xee));
        return new Encoded(length < 0 ? null : buffer[..length]);
    }

    private static bool Agree(byte[] source, byte[] before)
    {
        byte[] page = [.. before];
        bool isGood = XbzrleDecoder.TryDecode(source, page, out int defectAt);
        byte[]? expected = SlowXbzrle.Decode(source, before);
        return isGood ? expected is not null && page.SequenceEqual(expected) : expected is null && defectAt <= source.Length;
    }

    private sealed record Encoded(byte[]? Bytes)
    {
        internal bool Is(byte[]? expected) => Bytes is null ? expected is null : expected is not null && Bytes.SequenceEqual(expected);
    }
}
