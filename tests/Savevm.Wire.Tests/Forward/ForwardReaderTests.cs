using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class ForwardReaderTests
{
    [Fact]
    public void A_header_is_magic_and_version_3() =>
        Windows.AssertEveryCut(Hex.Bytes("'QEVM' 00000003"), ForwardReader.TryReadHeader);

    [Theory]
    [InlineData("'QEWM' 00000003", 0, 3)]
    [InlineData("00", 0, 1)]
    [InlineData("'QEVM' 00000002", 4, 8)]
    [InlineData("'QEVM' 03000000", 4, 8)]
    public void Another_magic_or_version_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, ForwardReader.TryReadHeader);

    [Theory]
    [InlineData("01 00000002 03 'ram' 00000000 00000004", SectionType.Start, 2u, "ram", 0u, 4u)]
    [InlineData("04 00000011 11 '0000:00:01.1/ide_' 00000001 00000003", SectionType.Full, 0x11u, "0000:00:01.1/ide_", 1u, 3u)]
    [InlineData("02 ffffffff", SectionType.Part, uint.MaxValue, null, 0u, 0u)]
    [InlineData("03 00000002", SectionType.End, 2u, null, 0u, 0u)]
    public void A_section_header_is_read(string bytes, SectionType type, uint id, string? idStr, uint instance, uint version)
    {
        byte[] element = Hex.Bytes(bytes);
        Windows.AssertEveryCut(element, ReadSectionHeader);
        Assert.True(ForwardReader.TryReadSectionHeader(element, 0, out SectionHeader header, out _));
        Assert.Equal(new SectionHeader(type, id, idStr, instance, version), header);
    }

    [Theory]
    [InlineData("00", 0, 1)]
    [InlineData("05 00000001", 0, 1)]
    [InlineData("7e 00000001", 0, 1)]
    [InlineData("ff", 0, 1)]
    [InlineData("04 00000001 00 00000000 00000000", 5, 6)]
    [InlineData("04 00000001 03 'a' 00 'b' 00000000 00000000", 7, 8)]
    [InlineData("01 00000001 03 'a' 0a 'b' 00000000 00000000", 7, 8)]
    [InlineData("01 00000001 03 'ab' 80 00000000 00000000", 8, 9)]
    public void A_section_header_with_a_defect_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, ReadSectionHeader);

    [Fact]
    public void A_footer_has_the_id_of_its_section() =>
        Windows.AssertEveryCut(Hex.Bytes("7e 01020304"), ReadFooter);

    [Theory]
    [InlineData("7f 01020304", 0, 1)]
    [InlineData("7e 01020305", 1, 5)]
    public void Another_footer_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, ReadFooter);

    [Theory]
    [InlineData("08 0001 0000", CommandType.OpenReturnPath, "")]
    [InlineData("08 0002 0004 00000042", CommandType.Ping, "00000042")]
    [InlineData("08 0003 0000", CommandType.PostcopyAdvise, "")]
    [InlineData("08 0003 0010 0000000000001000 0000000000001000", CommandType.PostcopyAdvise, "0000000000001000 0000000000001000")]
    [InlineData("08 0005 0000", CommandType.PostcopyRun, "")]
    [InlineData("08 0007 0004 10000000", CommandType.Packaged, "10000000")]
    [InlineData("08 000a 0007 06 'pc.ram'", CommandType.RecvBitmap, "06 'pc.ram'")]
    [InlineData("08 000b 0000", CommandType.SwitchoverStart, "")]
    public void A_command_is_read(string bytes, CommandType type, string payload)
    {
        byte[] element = Hex.Bytes(bytes);
        Windows.AssertEveryCut(element, ReadCommand);
        Assert.True(ForwardReader.TryReadCommand(element, 0, out CommandRecord? record, out _));
        Assert.Equal(type, record.Type);
        Assert.Equal(Hex.Bytes(payload), record.Payload);
    }

    [Theory]
    [InlineData("06 0001 0000", 0, 1)]
    [InlineData("08 0000 0000", 1, 3)]
    [InlineData("08 000c 0000", 1, 3)]
    [InlineData("08 ffff 0000", 1, 3)]
    [InlineData("08 0001 0001 00", 3, 5)]
    [InlineData("08 0002 0003 000000", 3, 5)]
    [InlineData("08 0002 ffff", 3, 5)]
    [InlineData("08 0003 0008 0000000000001000", 3, 5)]
    [InlineData("08 0006 0013", 3, 5)]
    [InlineData("08 0007 0004 00000000", 5, 9)]
    [InlineData("08 0007 0004 10000001", 5, 9)]
    [InlineData("08 0007 0004 ffffffff", 5, 9)]
    [InlineData("08 000a 0101", 3, 5)]
    [InlineData("08 000a 0007 05 'pc.ram'", 5, 12)]
    [InlineData("08 000a 0007 06 'pc' 00 'ram'", 8, 12)]
    public void A_command_with_a_defect_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, ReadCommand);

    [Theory]
    [InlineData("06 00000000", 0)]
    [InlineData("06 01000000", 16 << 20)]
    public void The_head_of_a_description_tells_its_length(string bytes, int expected)
    {
        byte[] element = Hex.Bytes(bytes);
        Windows.AssertEveryCut(element, ReadDescriptionHeader);
        Assert.True(ForwardReader.TryReadDescriptionHeader(element, 0, out int length, out _));
        Assert.Equal(expected, length);
    }

    [Theory]
    [InlineData("07", 0, 1)]
    [InlineData("06 01000001", 1, 5)]
    [InlineData("06 80000000", 1, 5)]
    [InlineData("06 ffffffff", 1, 5)]
    public void A_description_over_the_limit_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, ReadDescriptionHeader);

    [Fact]
    public void Reading_a_part_allocates_nothing()
    {
        byte[] element = Hex.Bytes("02 00000002");
        ForwardReader.TryReadSectionHeader(element, 0, out _, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            ForwardReader.TryReadSectionHeader(element, 0, out _, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool ReadSectionHeader(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ForwardReader.TryReadSectionHeader(window, offset, out _, out consumed);

    private static bool ReadFooter(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ForwardReader.TryReadFooter(window, offset, 0x01020304, out consumed);

    private static bool ReadCommand(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ForwardReader.TryReadCommand(window, offset, out _, out consumed);

    private static bool ReadDescriptionHeader(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ForwardReader.TryReadDescriptionHeader(window, offset, out _, out consumed);
}
