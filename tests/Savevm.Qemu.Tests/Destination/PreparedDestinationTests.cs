using Savevm.Qemu.Destination;
using Savevm.Qemu.Facts;

namespace Savevm.Qemu.Tests.Destination;

public sealed class PreparedDestinationTests
{
    // As 7.2 and 10.0 print it.
    private const string Old =
        "              Block Name    PSize              Offset               Used              Total\n" +
        "                      r0    2 MiB  0x0000000000000000 0x0000000004000000 0x0000000004000000\n" +
        "   0000:00:02.0/vga.vram    4 KiB  0x0000000004080000 0x0000000001000000 0x0000000001000000\n";

    private const string New =
        "              Block Name    PSize              Offset               Used              Total                HVA  RO\n" +
        "                  big one    1 GiB  0x0000000000000000 0x0000000040000000 0x0000000040000000 0x00007f646be00000  rw\n" +
        "    /rom@etc/acpi/tables    4 KiB  0x0000000005100000 0x0000000000020000 0x0000000000200000 0x00007f6469800000  ro\n" +
        "                   small   16 KiB  0x0000000005100000 0x0000000000020000 0x0000000000200000 0x00007f6469800000  ro\n";

    [Fact]
    public void Names_the_blocks_that_are_made_of_huge_pages()
    {
        Assert.Equal([KeyValuePair.Create("r0", 2L << 20)], HugeOf(Old));
        Assert.Equal([KeyValuePair.Create("big one", 1L << 30), KeyValuePair.Create("small", 16L << 10)], HugeOf(New));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no such command")]
    [InlineData("x 99999999999 MiB 0x0\n")]
    public void What_is_not_understood_names_none(string text) => Assert.Empty(HugeOf(text));

    private static IReadOnlyDictionary<string, long> HugeOf(string text) => new PreparedDestination(null, RamBlockText.Parse(text)).HostPageBytes;
}
