using Savevm.Machine.Ram;
using Savevm.States.Writing;

namespace Savevm.States.Tests.Writing;

/// <summary>Where machines have their RAM, as <c>info mtree -f</c> of QEMU 7.2 and 10.0 shows it.</summary>
public sealed class PhysicalLayoutTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData("pc-i440fx-7.2", 3583, 0, "0+3583")]
    [InlineData("pc-i440fx-7.2", 3584, 0, "0+3072 4096+512")]
    [InlineData("pc-i440fx-10.0", 4096, 0, "0+3072 4096+1024")]
    [InlineData("pc-i440fx-1.7", 4096, 0, "0+3584 4096+512")]
    [InlineData("pc-i440fx-2.0", 4096, 0, "0+3072 4096+1024")]
    [InlineData("pc-q35-7.2", 2815, 0, "0+2815")]
    [InlineData("pc-q35-10.0", 2816, 0, "0+2048 4096+768")]
    [InlineData("pc-q35-10.0", 128, 0, "0+128")]
    [InlineData("pc-i440fx-10.0", 1024, 512, "0+512 4096+512")]
    [InlineData("pc-i440fx-10.0", 3400, 3328, "0+3072 4096+328")]
    [InlineData("pc-i440fx-10.0", 3700, 3840, "0+3700")]
    [InlineData("pc-q35-10.0", 3000, 1024, "0+1024 4096+1976")]
    [InlineData("microvm", 4096, 0, "0+3072 4096+1024")]
    [InlineData("isapc", 64, 0, "0+64")]
    [InlineData("virt-10.0", 8192, 0, "1024+8192")]
    public void Ram_is_split_as_QEMU_splits_it(string machine, long mebibytes, long below, string expected)
    {
        PhysicalLayout layout = PhysicalLayout.Of(
            machine, [new(0, "0000:00:02.0/vga.vram", 16 * MiB), new(1, "pc.ram", mebibytes * MiB)], maxRamBelow4G: below * MiB);
        Assert.Equal(expected, string.Join(' ', layout.Ranges.Select(range => $"{range.Address / MiB}+{range.Length / MiB}")));
        long offset = 0;
        foreach (PhysicalRange range in layout.Ranges)
        {
            Assert.Equal((1, offset), (range.BlockIndex, range.BlockOffset));
            offset += range.Length;
        }
        Assert.Equal(mebibytes * MiB, layout.RamBytes);
    }

    [Fact]
    public void Several_blocks_are_one_memory_when_they_are_named()
    {
        RamBlock[] blocks = [new(0, "node0", 2048 * MiB), new(1, "node1", 2048 * MiB), new(2, "pc.bios", 256 << 10), new(3, "/rom@etc/acpi/tables", MiB)];
        PhysicalLayout layout = PhysicalLayout.Of("pc-i440fx-10.0", blocks, ["node0", "node1"]);
        Assert.Equal(
            [new(0, 0, 0, 2048 * MiB), new(2048 * MiB, 1, 0, 1024 * MiB), new PhysicalRange(4096 * MiB, 1, 1024 * MiB, 1024 * MiB)], layout.Ranges);
        Assert.Equal([new PhysicalRange((4096 * MiB) - (256 << 10), 2, 0, 256 << 10)], layout.FirmwareRanges);
        Assert.Equal([0, 1, 2, 1], layout.WithFirmware().Select(range => range.BlockIndex));
        Assert.Contains("node0, node1", Assert.Throws<PhysicalLayoutException>(() => PhysicalLayout.Of("pc-i440fx-10.0", blocks)).Message, StringComparison.Ordinal);
        Assert.Contains("node9", Assert.Throws<PhysicalLayoutException>(() => PhysicalLayout.OfBlock("node9", blocks)).Message, StringComparison.Ordinal);
        Assert.Equal([new PhysicalRange(0, 3, 0, MiB)], PhysicalLayout.OfBlock("/rom@etc/acpi/tables", blocks).Ranges);
    }

    [Fact]
    public void A_single_backend_of_any_name_is_found_and_an_unknown_machine_is_not_guessed()
    {
        RamBlock[] blocks = [new(0, "mem", MiB), new(1, "0000:00:02.0/vga.vram", MiB), new(2, "/rom@etc/acpi/tables", MiB), new(3, "pc.rom", MiB)];
        Assert.Equal([new PhysicalRange(0, 0, 0, MiB)], PhysicalLayout.Of("pc-q35-10.0", blocks).Ranges);
        Assert.Contains("raspi3b", Assert.Throws<PhysicalLayoutException>(() => PhysicalLayout.Of("raspi3b", blocks)).Message, StringComparison.Ordinal);
        Assert.Throws<PhysicalLayoutException>(() => PhysicalLayout.Of(null, blocks));
    }
}
