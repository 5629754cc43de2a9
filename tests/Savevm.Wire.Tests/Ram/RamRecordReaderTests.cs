using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class RamRecordReaderTests
{
    [Theory]
    [InlineData("0000000000001028", RamRecordKind.Page, 0x1000UL, true, "")]
    [InlineData("00003ffffffff028", RamRecordKind.Page, 0x3ffffffff000UL, true, "")]
    [InlineData("0000000000002008 06 'pc.ram'", RamRecordKind.Page, 0x2000UL, false, "pc.ram")]
    [InlineData("0000000000003022 00", RamRecordKind.ZeroPage, 0x3000UL, true, "")]
    [InlineData("0000000000004002 14 '/rom@etc/acpi/tables' 00", RamRecordKind.ZeroPage, 0x4000UL, false, "/rom@etc/acpi/tables")]
    [InlineData("0000000004082004", RamRecordKind.MemorySize, 0x4082000UL, false, "")]
    [InlineData("0000000000000010", RamRecordKind.EndOfSection, 0UL, false, "")]
    [InlineData("fffffffffffff030", RamRecordKind.EndOfSection, 0xfffffffffffff000UL, true, "")]
    [InlineData("0000000000005060", RamRecordKind.Xbzrle, 0x5000UL, true, "")]
    [InlineData("0000000000005040 01 'm'", RamRecordKind.Xbzrle, 0x5000UL, false, "m")]
    [InlineData("0000000000006120", RamRecordKind.CompressedPage, 0x6000UL, true, "")]
    [InlineData("0000000000000080", RamRecordKind.Hook, 0UL, false, "")]
    [InlineData("0000000000000200", RamRecordKind.MultifdFlush, 0UL, false, "")]
    public void A_record_is_read(string bytes, RamRecordKind kind, ulong address, bool continues, string name)
    {
        byte[] element = Hex.Bytes(bytes);
        Windows.AssertEveryCut(element, Read);
        Assert.True(RamRecordReader.TryRead(element, 0, out RamRecord record, out _));
        Assert.Equal(kind, record.Kind);
        Assert.Equal(address, record.Address);
        Assert.Equal(continues, record.Continues);
        Assert.Equal(Hex.Bytes($"'{name}'"), record.BlockName);
    }

    [Theory]
    [InlineData("0000000000001000", 0, 8)]
    [InlineData("0000000000001001 01 'm'", 0, 8)]
    [InlineData("0000000000001020", 0, 8)]
    [InlineData("0000000000001021", 0, 8)]
    [InlineData("000000000000102a", 0, 8)]
    [InlineData("0000000000001018", 0, 8)]
    [InlineData("0000000000001400", 0, 8)]
    [InlineData("0000000000001428", 0, 8)]
    [InlineData("0000000000001828", 0, 8)]
    [InlineData("ffffffffffffffff", 0, 8)]
    [InlineData("fffffffffffff028", 0, 8)]
    [InlineData("0000400000000028", 0, 8)]
    [InlineData("fffffffffffff022 00", 0, 8)]
    [InlineData("fffffffffffff008 01 'm'", 0, 8)]
    [InlineData("0000400000001004", 0, 8)]
    [InlineData("fffffffffffff004", 0, 8)]
    [InlineData("0000000000001008 00", 8, 9)]
    [InlineData("0000000000001008 06 'pc' 00 'ram'", 11, 12)]
    [InlineData("0000000000001008 06 'pc' 0a 'ram'", 11, 12)]
    [InlineData("0000000000001002 02 'a' c3 00", 10, 11)]
    [InlineData("0000000000001022 41", 8, 9)]
    [InlineData("0000000000001002 01 'a' 01", 10, 11)]
    public void A_record_with_a_defect_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, Read);

    [Fact]
    public void A_name_may_be_a_path_and_stays_what_it_is()
    {
        byte[] element = Hex.Bytes("0000000000001008 0f '../../etc/passw'");
        Assert.True(RamRecordReader.TryRead(element, 0, out RamRecord record, out _));
        Assert.Equal("../../etc/passw"u8, record.BlockName);
    }

    [Fact]
    public void Every_primary_flag_of_the_table_makes_its_record_and_no_other_word_does()
    {
        byte[] window = new byte[300];
        "\x01m"u8.CopyTo(window.AsSpan(8));
        for (int flags = 0; flags <= 0xfff; flags++)
        {
            window[6] = (byte)(flags >> 8);
            window[7] = (byte)flags;
            bool continues = (flags & 0x20) != 0;
            window[8] = (byte)(continues ? 0 : 1);
            RamRecordKind? expected = (flags & ~0x20) switch
            {
                0x002 => RamRecordKind.ZeroPage,
                0x004 => RamRecordKind.MemorySize,
                0x008 => RamRecordKind.Page,
                0x010 => RamRecordKind.EndOfSection,
                0x040 => RamRecordKind.Xbzrle,
                0x080 => RamRecordKind.Hook,
                0x100 => RamRecordKind.CompressedPage,
                0x200 => RamRecordKind.MultifdFlush,
                _ => null,
            };
            Assert.Equal(expected, RamFlagTable.Find((RamFlags)flags)?.Kind);
            if (expected is null)
            {
                Assert.Throws<WireException>(() => Read(window, 0, out _));
                continue;
            }
            Assert.True(RamRecordReader.TryRead(window, 0, out RamRecord record, out _));
            Assert.Equal(expected, record.Kind);
            Assert.Equal(continues, record.Continues);
        }
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        byte[][] elements =
        [
            Hex.Bytes("0000000000001028"),
            Hex.Bytes("0000000000002008 06 'pc.ram'"),
            Hex.Bytes("0000000000003022 00"),
            Hex.Bytes("0000000000000010"),
        ];
        long before = 0;
        for (int i = 0; i < 2000; i++)
        {
            if (i == 1000)
                before = GC.GetAllocatedBytesForCurrentThread();
            foreach (byte[] element in elements)
                RamRecordReader.TryRead(element, 0, out _, out _);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool Read(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        RamRecordReader.TryRead(window, offset, out _, out consumed);
}
