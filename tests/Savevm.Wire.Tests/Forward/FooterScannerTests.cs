using CsCheck;
using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class FooterScannerTests
{
    private const uint Id = 5;
    private const uint LiveId = 2;
    private const string Footer = "7e 00000005";

    [Theory]
    [InlineData("04 00000006 03 'dma' 00000001 00000001")]
    [InlineData("01 00000006 03 'ram' 00000000 00000004")]
    [InlineData("02 00000002")]
    [InlineData("03 00000002")]
    [InlineData("08 0002 0004")]
    [InlineData("08 0005 0000")]
    [InlineData("00 06 00000000")]
    [InlineData("00 06 00000002 '{'")]
    public void A_footer_before_anything_that_may_follow_is_the_end(string next)
    {
        byte[] body = Hex.Bytes("0102037e00");
        byte[] window = [.. body, .. Hex.Bytes(Footer), .. Hex.Bytes(next)];
        Assert.Equal(body.Length, FindEnd(window));
        for (int cut = 0; cut < window.Length; cut++)
        {
            int resumeAt = 0;
            byte[] prefix = window[..cut];
            Assert.False(NewScanner().TryFindEnd(prefix, 0, Id, endOfInput: false, ref resumeAt, out _), $"cut at {cut}");
            Assert.InRange(resumeAt, 0, body.Length);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    public void A_footer_at_the_end_of_the_input_is_the_end_when_the_input_is_known_to_end(string next)
    {
        byte[] window = Hex.Bytes("aabb" + Footer + next);
        int resumeAt = 0;
        Assert.False(NewScanner().TryFindEnd(window, 0, Id, endOfInput: false, ref resumeAt, out _));
        Assert.True(NewScanner().TryFindEnd(window, 0, Id, endOfInput: true, ref resumeAt, out int length));
        Assert.Equal(2, length);
    }

    [Theory]
    [InlineData("05 00")]
    [InlineData("07 00000002 'pc'")]
    [InlineData("7e 00000005 ff")]
    [InlineData("ff")]
    [InlineData("04 00000005 03 'dma' 00000001 00000001")]
    [InlineData("04 00000002 03 'dma' 00000001 00000001")]
    [InlineData("04 00000004 03 'dma' 00000001 00000001")]
    [InlineData("04 00000006 00 00000000 00000001 00000000")]
    [InlineData("04 00000006 03 'd' 07 'a' 00000001 00000001")]
    [InlineData("04 00000006 03 'dma' 00000001 00010000")]
    [InlineData("02 00000003")]
    [InlineData("08 000c 0000")]
    [InlineData("08 0000 0000")]
    [InlineData("08 0002 0005")]
    [InlineData("00 00")]
    [InlineData("00 06 00000002 '['")]
    [InlineData("00 06 01000001 '{'")]
    public void A_footer_in_the_body_before_something_else_is_passed_over(string next)
    {
        byte[] body = Hex.Bytes("aabbcc" + Footer + next);
        byte[] window = [.. body, .. Hex.Bytes(Footer + "08 0005 0000")];
        Assert.Equal(body.Length, FindEnd(window));
    }

    [Fact]
    public void Footers_of_other_sections_are_passed_over() =>
        Assert.Equal(13, FindEnd(Hex.Bytes("7e 00000004 08 0005 0000 7e7e7e" + Footer + "08 0005 0000")));

    [Fact]
    public void An_input_that_ends_without_a_footer_is_refused_at_its_end()
    {
        int resumeAt = 0;
        byte[] window = Hex.Bytes("0102 7e 00000005 04 000000");
        var defect = Assert.Throws<WireException>(
            () => NewScanner().TryFindEnd(window, 0x1000, Id, endOfInput: true, ref resumeAt, out _));
        Assert.Equal(0x1000 + window.Length, defect.Offset);
    }

    [Fact]
    public void A_body_over_the_limit_is_refused()
    {
        byte[] window = new byte[WireLimits.MaxDeviceSectionBytes + 16];
        int resumeAt = 0;
        var defect = Assert.Throws<WireException>(
            () => NewScanner().TryFindEnd(window, 0x1000, Id, endOfInput: false, ref resumeAt, out _));
        Assert.Equal(0x1000L + WireLimits.MaxDeviceSectionBytes, defect.Offset);
    }

    [Fact]
    public void Every_place_where_a_section_may_end_is_counted()
    {
        byte[] window = Hex.Bytes($"01 {Footer} 02000000ff {Footer} 08 0005 0000 03 {Footer} 02 00000002 {Footer}");
        Assert.Equal(2, NewScanner().CountCandidates(window, Id, endOfInput: false));
        Assert.Equal(3, NewScanner().CountCandidates(window, Id, endOfInput: true));
        Assert.Equal(0, NewScanner().CountCandidates(window, 77, endOfInput: true));
    }

    [Fact]
    public void Growing_the_window_byte_by_byte_gives_the_same_end_and_looks_at_nothing_twice()
    {
        Gen<byte[]> pieces = Gen.Frequency(
            (3, Gen.Byte.Array[0, 6]),
            (2, Gen.Const(Hex.Bytes(Footer))),
            (1, Gen.Const(Hex.Bytes("7e 0000"))),
            (1, Gen.Const(Hex.Bytes("08 0005"))));
        pieces.Array[0, 12].Sample(parts =>
        {
            byte[] window = [.. parts.SelectMany(p => p), .. Hex.Bytes(Footer + "02 00000002")];
            int whole = FindEnd(window);
            FooterScanner scanner = NewScanner();
            int resumeAt = 0;
            for (int length = 0; length <= window.Length; length++)
            {
                int before = resumeAt;
                if (scanner.TryFindEnd(window.AsSpan(0, length), 0, Id, endOfInput: false, ref resumeAt, out int body))
                    return body == whole && before <= body;
                if (resumeAt < before)
                    return false;
            }
            return false;
        });
    }

    private static int FindEnd(byte[] window)
    {
        int resumeAt = 0;
        Assert.True(NewScanner().TryFindEnd(window, 0, Id, endOfInput: false, ref resumeAt, out int length));
        Assert.Equal(0, resumeAt);
        return length;
    }

    private static FooterScanner NewScanner()
    {
        var scanner = new FooterScanner();
        scanner.NoteLiveSection(LiveId);
        scanner.NoteDeviceSection(4);
        return scanner;
    }
}
