using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class MappedRamHeaderTests
{
    private static readonly StreamDialect Dialect = new() { HasMappedRam = true };

    [Fact]
    public void Blocks_are_placed_where_QEMU_places_them()
    {
        // The list of a real file of 10.0, pc-q35 with 64 MiB: length and position of the bitmap, of the pages.
        (ulong Length, string Name, ulong Bitmap, ulong Pages)[] blocks =
        [
            (67108864, "pc.ram", 139, 1048576), (131072, "/rom@etc/acpi/tables", 68157497, 69206016),
            (262144, "pc.bios", 69337132, 70254592), (131072, "pc.rom", 70516779, 71303168),
            (4096, "/rom@etc/table-loader", 71434298, 72351744), (4096, "/rom@etc/acpi/rsdp", 72355895, 73400320),
        ];
        ulong position = blocks[0].Bitmap - MappedRamHeader.HeaderBytes;
        foreach ((ulong length, string name, ulong bitmap, ulong pages) in blocks)
        {
            var header = MappedRamHeader.Place(position, length);
            Assert.Equal(new MappedRamHeader(bitmap, pages), header);
            position = header.GetNextPosition(position, length);
            Assert.Equal(pages + length, position);

            // The next block's name and length stand before its header.
            position += (ulong)(1 + NextName(name).Length + 8);
        }

        string NextName(string name) => blocks[Math.Min(blocks.Length - 1, Array.FindIndex(blocks, block => block.Name == name) + 1)].Name;
    }

    [Fact]
    public void A_block_of_the_list_carries_the_header()
    {
        byte[] element = Hex.Bytes("06 'pc.ram' 0000000004000000 00000001 0000000000001000 000000000000002b 0000000000100000");
        Windows.AssertEveryCut(element, Read);
        Assert.True(RamSetupReader.TryReadBlock(element, 0, Dialect, 0x4000000, out RamSetupBlock? block, out _));
        Assert.Equal(new MappedRamHeader(0x2b, 0x100000), block.MappedRam);
        var writer = new WireWriter();
        RamRecordWriter.WriteSetupHead(writer, [block], Dialect);
        RamRecordWriter.WriteSetupBlock(writer, block, Dialect);
        Assert.Equal("0000000004000004" + Hex.Text(element), Hex.Text(writer));
        Assert.Throws<ArgumentException>(() => RamRecordWriter.WriteSetup(writer, [block], Dialect));
        Assert.Throws<ArgumentException>(() => RamRecordWriter.WriteSetupBlock(writer, block with { MappedRam = null }, Dialect));
    }

    [Fact]
    public void An_ignored_block_is_nowhere_and_the_list_goes_on_at_once()
    {
        byte[] element = Hex.Bytes("01 'm' 0000000000001000 00000001 0000000000001000 0000000000000000 0000000000000000");
        Assert.True(RamSetupReader.TryReadBlock(element, 0, Dialect, 0x1000, out RamSetupBlock? block, out _));
        Assert.True(block.MappedRam is { IsIgnored: true } header && header.GetNextPosition(10, 0x1000) == 38);
    }

    [Theory]
    [InlineData("00000002 0000000000001000 0000000000000026 0000000000100000", 10)]
    [InlineData("00000001 0000000000002000 0000000000000026 0000000000100000", 14)]
    [InlineData("00000001 0000000000001000 0000000000000025 0000000000100000", 22)]
    [InlineData("00000001 0000000000001000 ffffffffffffffff 0000000000100000", 22)]
    [InlineData("00000001 0000000000001000 0000000000000026 0000000000000000", 30)]
    [InlineData("00000001 0000000000001000 0000000000000ffc 0000000000001000", 30)]
    [InlineData("00000001 0000000000001000 0000000000000026 0000000000100001", 30)]
    [InlineData("00000001 0000000000001000 0000000000000026 fffffffffffff000", 30)]
    public void A_header_that_cannot_be_is_refused(string header, long at)
    {
        byte[] element = Hex.Bytes("01 'm' 0000000000001000" + header);
        Assert.Equal(at, Assert.Throws<WireException>(() => Read(element, 0, out _)).Offset);
        for (int cut = 0; cut < element.Length; cut++)
            Assert.False(Read(element.AsSpan(0, cut), 0, out _));
    }

    [Theory]
    [InlineData(0x4000000, 2048)]
    [InlineData(0x1000, 8)]
    [InlineData(0x40000, 8)]
    [InlineData(0x41000, 16)]
    public void Bitmaps_are_whole_words(ulong usedLength, ulong bytes) => Assert.Equal(bytes, MappedRamHeader.GetBitmapBytes(usedLength));

    private static bool Read(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        RamSetupReader.TryReadBlock(window, offset, Dialect, 0x4000000, out _, out consumed);
}
