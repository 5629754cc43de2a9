using Savevm.Wire.Containers.Libvirt;

namespace Savevm.Wire.Tests.Containers.Libvirt;

public class LibvirtHeaderTests
{
    private const string Little = "'LibvirtQemudSave' 02000000 10000000 01000000 05000000 08000000";
    private const string Big = "'LibvirtQemudSave' 00000002 00000010 00000001 00000005 00000008";

    [Theory]
    [InlineData(Little, false)]
    [InlineData(Big, true)]
    public void A_header_of_either_byte_order_is_read_and_written_again_equal(string fields, bool isBigEndian)
    {
        byte[] bytes = [.. Hex.Bytes(fields), .. new byte[56]];
        for (int cut = 0; cut < 92; cut++)
            Assert.False(LibvirtHeader.TryRead(bytes.AsSpan(0, cut), out _));
        Assert.True(LibvirtHeader.TryRead(bytes, out LibvirtHeader? header));
        Assert.Equal(new LibvirtHeader(16, LibvirtFormat.Zstd, WasRunning: true, CookieOffset: 8) { IsBigEndian = isBigEndian }, header);
        Assert.Equal(108, header.PayloadPosition);
        var writer = new WireWriter();
        header.Write(writer);
        Assert.Equal(Hex.Text(bytes), Hex.Text(writer));
    }

    [Fact]
    public void An_unfinished_image_is_told_as_such()
    {
        byte[] bytes = [.. Hex.Bytes("'LibvirtQemudPart' 02000000 01000000"), .. new byte[68]];
        Assert.True(LibvirtHeader.TryRead(bytes, out LibvirtHeader? header));
        Assert.False(header.IsComplete);
        var writer = new WireWriter();
        header.Write(writer);
        Assert.Equal(Hex.Text(bytes), Hex.Text(writer));
    }

    [Fact]
    public void Texts_are_cut_out_of_their_area()
    {
        var header = LibvirtHeader.Create("<domain/>"u8, "<cookie/>"u8, LibvirtFormat.Raw, wasRunning: false);
        Assert.Equal(20 + 65536, header.DataBytes);
        byte[] area = [.. Hex.Bytes("'<domain/>' 00 '<cookie/>' 00"), .. new byte[65536]];
        header.Split(area, out ReadOnlySpan<byte> xml, out ReadOnlySpan<byte> cookie);
        Assert.Equal("<domain/>"u8, xml);
        Assert.Equal("<cookie/>"u8, cookie);
        header = LibvirtHeader.Create("<domain/>"u8, [], LibvirtFormat.Sparse, wasRunning: true);
        Assert.Equal(0, header.CookieOffset);
        header.Split(area.AsSpan(0, header.DataBytes), out xml, out cookie);
        Assert.Equal("<domain/>"u8, xml);
        Assert.True(cookie.IsEmpty);
        byte[] endless = new byte[header.DataBytes];
        endless.AsSpan().Fill((byte)'x');
        Assert.Equal(92, Assert.Throws<WireException>(() => header.Split(endless, out _, out _)).Offset);
        Assert.Throws<ArgumentException>(() => LibvirtHeader.Create([], [], LibvirtFormat.Raw, false));
        Assert.Throws<ArgumentException>(() => LibvirtHeader.Create("a\0"u8, [], LibvirtFormat.Raw, false));
    }

    [Theory]
    [InlineData("'LibvirtQemudSavX'", 0)]
    [InlineData("'LibvirtQemudSave' 03000000 10000000 01000000 00000000 00000000", 16)]
    [InlineData("'LibvirtQemudSave' 00000000 10000000 01000000 00000000 00000000", 16)]
    [InlineData("'LibvirtQemudSave' 02000000 00000000 01000000 00000000 00000000", 20)]
    [InlineData("'LibvirtQemudSave' 02000000 01000008 01000000 00000000 00000000", 20)]
    [InlineData("'LibvirtQemudSave' 02000000 10000000 01000000 07000000 00000000", 28)]
    [InlineData("'LibvirtQemudSave' 02000000 10000000 01000000 00000000 10000000", 32)]
    public void A_header_that_cannot_be_is_refused(string fields, long at)
    {
        byte[] bytes = [.. Hex.Bytes(fields), .. new byte[80]];
        Assert.Equal(at, Assert.Throws<WireException>(() => LibvirtHeader.TryRead(bytes, out _)).Offset);
    }

    [Fact]
    public void Formats_are_those_of_the_specification()
    {
        string cell = Specification.Table("14.3 libvirt save files").Single(row => row[0] == "28")[2];
        string told = cell[cell.IndexOf("0 raw", StringComparison.Ordinal)..];
        Assert.Equal(told, string.Join(", ", Enum.GetValues<LibvirtFormat>().Select(format => $"{(uint)format} {format.ToString().ToLowerInvariant()}")));
    }
}
