using CsCheck;
using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class RamSetupReaderTests
{
    private const ulong Remaining = 0x4082000;

    private static readonly StreamDialect Postcopy = new() { HasPostcopyPageSizes = true };

    [Fact]
    public void A_block_is_name_and_length()
    {
        byte[] element = Hex.Bytes("06 'pc.ram' 0000000004000000");
        Windows.AssertEveryCut(element, Read);
        Assert.True(RamSetupReader.TryReadBlock(element, 0, StreamDialect.Default, Remaining, out RamSetupBlock? block, out _));
        Assert.Equal(new RamSetupBlock("pc.ram", 0x4000000, 0x1000), block);
    }

    [Fact]
    public void With_shared_RAM_ignored_a_block_has_an_address()
    {
        var dialect = new StreamDialect { HasGuestAddresses = true };
        byte[] element = Hex.Bytes("01 'm' 0000000000001000 00000000fffff000");
        Assert.True(RamSetupReader.TryReadBlock(element, 0, dialect, Remaining, out RamSetupBlock? block, out int consumed));
        Assert.Equal(element.Length, consumed);
        Assert.Equal(0xfffff000, block.GuestAddress);
    }

    [Theory]
    [InlineData("0000000000200000", 0x200000UL, 8)]
    [InlineData("0000000040000000", 0x40000000UL, 8)]
    [InlineData("06 'pc.bios' 00000000", 0x1000UL, 0)]
    [InlineData("0000000000000010", 0x1000UL, 0)]
    [InlineData("0000000000000200", 0x1000UL, 0)]
    [InlineData("0000000000200008", 0x1000UL, 0)]
    public void In_postcopy_only_blocks_with_unusual_pages_tell_their_page_size(string next, ulong pageSize, int fieldBytes)
    {
        byte[] block = Hex.Bytes("06 'pc.ram' 0000000040000000");
        byte[] window = [.. block, .. Hex.Bytes(next)];
        Assert.True(RamSetupReader.TryReadBlock(window, 0, Postcopy, 0x40000000, out RamSetupBlock? read, out int consumed));
        Assert.Equal(pageSize, read.PageSize);
        Assert.Equal(block.Length + fieldBytes, consumed);
        for (int cut = 0; cut < block.Length + 8; cut++)
            Assert.False(RamSetupReader.TryReadBlock(window.AsSpan(0, cut), 0, Postcopy, 0x40000000, out _, out _));
    }

    [Theory]
    [InlineData("00", 0, 1)]
    [InlineData("03 'a' 00 'b' 0000000000001000", 2, 3)]
    [InlineData("01 'a' 0000000000000000", 2, 10)]
    [InlineData("01 'a' 0000000000000800", 2, 10)]
    [InlineData("01 'a' 0000000004083000", 2, 10)]
    [InlineData("01 'a' fffffffffffff000", 2, 10)]
    [InlineData("01 'a' ffffffffffffffff", 2, 10)]
    public void A_block_that_cannot_be_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, Read);

    [Fact]
    public void A_page_size_must_divide_the_block()
    {
        byte[] window = Hex.Bytes("01 'a' 0000000000201000 0000000000200000");
        var defect = Assert.Throws<WireException>(
            () => RamSetupReader.TryReadBlock(window, 0, Postcopy, Remaining, out _, out _));
        Assert.Equal(10, defect.Offset);
    }

    [Fact]
    public void The_list_of_a_real_machine_is_written_as_specified()
    {
        var writer = new WireWriter();
        RamSetupBlock[] blocks =
        [
            new("pc.ram", 0x4000000, 0x1000),
            new("/rom@etc/acpi/tables", 0x20000, 0x1000),
            new("pc.bios", 0x40000, 0x1000),
            new("pc.rom", 0x20000, 0x1000),
            new("/rom@etc/table-loader", 0x1000, 0x1000),
            new("/rom@etc/acpi/rsdp", 0x1000, 0x1000),
        ];
        RamRecordWriter.WriteSetup(writer, blocks, StreamDialect.Default);
        RamRecordWriter.WriteEndOfSection(writer);
        string expected = Hex.Normal(
            "0000000004082004 06 'pc.ram' 0000000004000000 14 '/rom@etc/acpi/tables' 0000000000020000"
            + "07 'pc.bios' 0000000000040000 06 'pc.rom' 0000000000020000 15 '/rom@etc/table-loader' 0000000000001000"
            + "12 '/rom@etc/acpi/rsdp' 0000000000001000 0000000000000010");
        Assert.Equal(expected, Hex.Text(writer));
        Assert.Equal(148, writer.Length);
    }

    [Theory]
    [InlineData("", 0x1000UL)]
    [InlineData("a\0", 0x1000UL)]
    [InlineData("a", 0UL)]
    [InlineData("a", 0x1001UL)]
    [InlineData("a", 0x8000000000000000UL)]
    public void A_block_that_no_reader_takes_is_not_written(string name, ulong length) =>
        Assert.ThrowsAny<ArgumentException>(
            () => RamRecordWriter.WriteSetup(new WireWriter(), [new(name, length, 0x1000)], StreamDialect.Default));

    [Fact]
    public void Lists_survive_the_round_trip()
    {
        Gen<RamSetupBlock> blocks = Gen.Select(Gen.Char[' ', '~'].Array[1, 255], Gen.ULong[1, 1000], Gen.Bool).Select(
            (name, count, huge) => new RamSetupBlock(new string(name), count << 21, huge ? 0x200000UL : 0x1000));
        blocks.Array[1, 20].Sample(list =>
        {
            var writer = new WireWriter();
            RamRecordWriter.WriteSetup(writer, list, Postcopy);
            RamRecordWriter.WriteEndOfSection(writer);
            ReadOnlySpan<byte> window = writer.WrittenSpan;
            RamRecordReader.TryRead(window, 0, out RamRecord head, out int position);
            ulong remaining = head.Address;
            foreach (RamSetupBlock block in list)
            {
                if (!RamSetupReader.TryReadBlock(window[position..], 0, Postcopy, remaining, out RamSetupBlock? read, out int consumed)
                    || read != block)
                {
                    return false;
                }
                remaining -= read.UsedLength;
                position += consumed;
            }
            return remaining == 0 && position == writer.Length - 8;
        });
    }

    private static bool Read(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        RamSetupReader.TryReadBlock(window, offset, StreamDialect.Default, Remaining, out _, out consumed);
}
