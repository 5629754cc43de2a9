using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class ConfigurationReaderTests
{
    private const string Capabilities = "05 1a 'configuration/capabilities' 00000001 00000001 0a 'mapped-ram'";
    private const string PageBits = "05 1e 'configuration/target-page-bits' 00000001 0000000c";
    private const string Uuid = "05 12 'configuration/uuid' 00000001 00112233445566778899aabbccddeeff";

    [Theory]
    [InlineData("")]
    [InlineData(Capabilities)]
    [InlineData(PageBits + Capabilities + Uuid)]
    public void The_section_ends_before_the_next_element(string subsections)
    {
        byte[] element = Hex.Bytes("07 0000000e 'pc-i440fx-10.0'" + subsections + "08");
        Windows.AssertEveryCut(element, Read, lookAhead: 1);
        Assert.True(ForwardReader.TryReadConfiguration(element, 0, out ConfigurationRecord? record, out _));
        Assert.Equal("pc-i440fx-10.0", record.MachineName);
        Assert.Equal(Hex.Bytes(subsections), record.Subsections);
    }

    [Fact]
    public void Subsections_are_understood()
    {
        byte[] element = Hex.Bytes("07 00000002 'pc'" + PageBits + Capabilities + Uuid + "01");
        Assert.True(ForwardReader.TryReadConfiguration(element, 0, out ConfigurationRecord? record, out _));
        Assert.Equal(["mapped-ram"], record.Capabilities);
        Assert.Equal(12, record.TargetPageBits);
        Assert.Equal(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), record.Uuid);
    }

    [Fact]
    public void Without_subsections_nothing_is_claimed()
    {
        Assert.True(ForwardReader.TryReadConfiguration(Hex.Bytes("07 00000002 'pc' 01"), 0, out ConfigurationRecord? record, out _));
        Assert.Empty(record.Capabilities);
        Assert.Null(record.TargetPageBits);
        Assert.Null(record.Uuid);
    }

    [Theory]
    [InlineData("01", 0, 1)]
    [InlineData("07 00000000", 1, 5)]
    [InlineData("07 00000101", 1, 5)]
    [InlineData("07 ffffffff", 1, 5)]
    [InlineData("07 00000003 'p' 00 'c'", 6, 7)]
    [InlineData("07 00000002 'pc' 05 00", 8, 9)]
    [InlineData("07 00000002 'pc' 05 15 'configuration/unknown'", 8, 30)]
    [InlineData("07 00000002 'pc' 05 12 'configuration/uuid' 00000002", 27, 31)]
    [InlineData("07 00000002 'pc' 05 1e 'configuration/target-page-bits' 00000001 00000009", 43, 47)]
    [InlineData("07 00000002 'pc' 05 1e 'configuration/target-page-bits' 00000001 00000020", 43, 47)]
    [InlineData("07 00000002 'pc' 05 1a 'configuration/capabilities' 00000001 ffffffff", 39, 43)]
    [InlineData("07 00000002 'pc' 05 1a 'configuration/capabilities' 00000001 00000000", 39, 43)]
    [InlineData("07 00000002 'pc' 05 1a 'configuration/capabilities' 00000001 00000001 00", 43, 44)]
    [InlineData("07 00000002 'pc' 05 1a 'configuration/capabilities' 00000001 00000001 02 'a' 07", 45, 46)]
    [InlineData("07 00000002 'pc'" + PageBits + PageBits, 48, 79)]
    public void A_defect_is_refused(string bytes, long at, int visible) => Windows.AssertDefect(bytes, at, visible, Read);

    [Fact]
    public void A_hostile_count_reserves_nothing()
    {
        byte[] element = Hex.Bytes("07 00000002 'pc' 05 1a 'configuration/capabilities' 00000001 00000040 01 'a'");
        ForwardReader.TryReadConfiguration(element, 0, out _, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(ForwardReader.TryReadConfiguration(element, 0, out _, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }

    [Fact]
    public void A_configuration_of_our_own_is_written_as_QEMU_writes_it()
    {
        var uuid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        var writer = new WireWriter();
        ForwardWriter.WriteConfiguration(writer, ConfigurationRecord.Create("pc", ["mapped-ram"], 12, uuid));
        Assert.Equal(Hex.Normal("07 00000002 'pc'" + PageBits + Capabilities + Uuid), Hex.Text(writer));
        writer.Clear();
        ForwardWriter.WriteConfiguration(writer, ConfigurationRecord.Create("pc"));
        Assert.Equal(Hex.Normal("07 00000002 'pc'"), Hex.Text(writer));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfigurationRecord.Create("pc", targetPageBits: 32));
        Assert.Throws<ArgumentException>(() => ConfigurationRecord.Create("pc", [""]));
    }

    private static bool Read(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ForwardReader.TryReadConfiguration(window, offset, out _, out consumed);
}
