using System.Buffers.Binary;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
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
            machine, [new(0, "0000:00:02.0/vga.vram", 16 * MiB), new(1, "pc.ram", mebibytes * MiB)], new LayoutFacts { MaxRamBelow4G = below * MiB });
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
        PhysicalLayout layout = PhysicalLayout.Of("pc-i440fx-10.0", blocks, new LayoutFacts { MainBlocks = ["node0", "node1"] });
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

    [Fact]
    public void Modules_lie_where_they_are_said_to_or_are_left_out_by_name()
    {
        RamBlock[] blocks =
        [
            new(0, "0000:00:02.0/vm", 512 * MiB), new(1, "pc.ram", 256 * MiB), new(2, "m1", 128 * MiB), new(3, "/objects/m2", 64 * MiB), new(4, "m3", 32 * MiB),
            new(5, "0000:00:03.0/vga.vram", 16 * MiB),
        ];
        var facts = new LayoutFacts { Modules = [new("m1", 5120 * MiB), new("m2", 4096 * MiB), new("m3", null), new("vm", 8192 * MiB)] };
        PhysicalLayout layout = PhysicalLayout.Of("pc-q35-10.0", blocks, facts);
        Assert.Equal(
            [new(0, 1, 0, 256 * MiB), new(4096 * MiB, 3, 0, 64 * MiB), new(5120 * MiB, 2, 0, 128 * MiB), new PhysicalRange(8192 * MiB, 0, 0, 512 * MiB)],
            layout.Ranges);
        Assert.Equal(["m3"], layout.LeftOut);
        Assert.Equal(["m1", "/objects/m2", "m3"], PhysicalLayout.Of("pc-q35-10.0", blocks).LeftOut);
        // Where the modules are known, one backend of another name remains.
        blocks[1] = new(1, "mem", 256 * MiB);
        Assert.Equal(256 * MiB, PhysicalLayout.Of("pc-q35-10.0", blocks, facts).Ranges[0].Length);
    }

    [Theory]
    [InlineData(128, null)]
    [InlineData(4095, null)]
    [InlineData(5120, 6144L)]
    [InlineData(1L << 33, null)]
    public void A_module_that_cannot_lie_there_is_refused(long address, long? another)
    {
        RamBlock[] blocks = [new(0, "pc.ram", 256 * MiB), new(1, "m1", 128 * MiB), new(2, "pc.bios", 256 << 10)];
        var facts = new LayoutFacts { Modules = [new("m1", address * MiB), new("m1", (another ?? address) * MiB)] };
        Assert.Contains("the RAM block ", Assert.Throws<PhysicalLayoutException>(() => PhysicalLayout.Of("pc-q35-10.0", blocks, facts)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_firmware_was_told_overrules_the_usual_split_and_never_fits_other_memory()
    {
        RamBlock[] blocks = [new(0, "pc.ram", 256 * MiB)];
        byte[] clock = new byte[245];
        // 0x34: 64 KiB units above 16 MiB: 48 MiB in all; 0x5b: those above 4 GiB.
        (clock[0x34], clock[0x35], clock[0x5b], clock[0x5c]) = (0x00, 0x02, 0x00, 0x0d);
        FirmwareMemory? told = FirmwareMemory.Find([new DeviceSection("mc146818rtc", 0, 3, 7, clock)]);
        Assert.Equal(new FirmwareMemory(48 * MiB, 208 * MiB), told);
        var facts = new LayoutFacts { Firmware = told };
        Assert.Equal([new(0, 0, 0, 48 * MiB), new PhysicalRange(4096 * MiB, 0, 48 * MiB, 208 * MiB)], PhysicalLayout.Of("pc-q35-10.0", blocks, facts).Ranges);
        Assert.Throws<PhysicalLayoutException>(() => PhysicalLayout.Of("pc-q35-10.0", [new(0, "pc.ram", 257 * MiB)], facts));
        Assert.Throws<PhysicalLayoutException>(() => PhysicalLayout.Of("pc-q35-10.0", blocks, facts with { MaxRamBelow4G = 64 * MiB }));
        Assert.Null(FirmwareMemory.Find([new DeviceSection("mc146818rtc", 0, 3, 7, clock.AsMemory(0, 127))]));
        Assert.Null(FirmwareMemory.Find([new DeviceSection("mc146818rtc", 0, 3, 7, new byte[245])]));
    }

    [Theory]
    [InlineData("pc-q35-7.1", 978, "4096")]
    [InlineData("pc-q35-7.0", 1100, "4096")]
    [InlineData("pc-q35-7.1", 979, "refused")]
    [InlineData("pc-i440fx-7.1", 1009, "4096")]
    [InlineData("pc-i440fx-7.1", 1010, "refused")]
    public void Memory_that_AMD_has_behind_1_TiB_is_not_guessed(string machine, long gibibytes, string expected)
    {
        RamBlock[] blocks = [new(0, "pc.ram", gibibytes * 1024 * MiB)];
        string Start(LayoutFacts? facts)
        {
            try
            {
                return (PhysicalLayout.Of(machine, blocks, facts).Ranges[1].Address / MiB).ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (PhysicalLayoutException)
            {
                return "refused";
            }
        }

        Assert.Equal(expected, Start(null));
        Assert.Equal("1048576", Start(new LayoutFacts { HighStart = 1L << 40 }));
        Assert.Equal("4096", Start(new LayoutFacts { HighStart = 1L << 32 }));
    }

    [Fact]
    public void The_affinity_table_says_where_high_memory_begins()
    {
        byte[] table = Affinity((0, 0xa0000, 1), (0x100000, 0x7ff00000, 1), (1L << 40, 1L << 30, 1), (2L << 40, 1L << 30, 3));
        Assert.Equal(1L << 40, AffinityTable.FindIn(table));
        Assert.Equal(1L << 32, AffinityTable.FindIn(Affinity((1L << 40, 4096, 3), (1L << 32, 4096, 1), (1L << 41, 4096, 0))));
        // Not of memory that was there from the start, at no address that QEMU gives, cut short, or not ending where it says.
        Assert.Null(AffinityTable.FindIn(Affinity((1L << 40, 4096, 3))));
        Assert.Null(AffinityTable.FindIn(Affinity((1L << 41, 4096, 1))));
        Assert.Null(AffinityTable.FindIn(table.AsSpan(0, table.Length - 1)));
        table[4]++;
        Assert.Null(AffinityTable.FindIn([.. table, 0]));
        Assert.Null(AffinityTable.FindIn([]));
    }

    private static byte[] Affinity(params (long Address, long Bytes, uint Flags)[] entries)
    {
        byte[] table = new byte[48 + (40 * entries.Length)];
        "SRAT"u8.CopyTo(table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), table.Length);
        table[8] = 1;
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = table.AsSpan(48 + (40 * i), 40);
            (entry[0], entry[1]) = (1, 40);
            BinaryPrimitives.WriteInt64LittleEndian(entry[8..], entries[i].Address);
            BinaryPrimitives.WriteInt64LittleEndian(entry[16..], entries[i].Bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[28..], entries[i].Flags);
        }
        return table;
    }

    [Fact]
    public void A_virtio_mem_device_says_where_its_memory_is()
    {
        // As QEMU 10.0 sent it: at 0x101000000, 256 MiB, blocks of 2 MiB.
        byte[] early = Convert.FromHexString("000000010100000000000000100000000000000000200000000000000000");
        DeviceSection[] sections = [new("0000:00:02.0/virtio-mem-device-early", 0, 1, 3, early), new("0000:00:02.0/virtio-mem", 0, 1, 4, new byte[9])];
        RamBlock[] blocks = [new(0, "0000:00:02.0/vm", 256 * MiB), new(1, "pc.ram", 64 * MiB)];
        PluggedModule[] found = [.. VirtioMemoryPlace.Find(sections, blocks)];
        Assert.Equal([new("0000:00:02.0/vm", 0x101000000), new PluggedModule("0000:00:02.0/vm", null)], found);
        Assert.Equal(0x101000000, PhysicalLayout.Of("pc-q35-10.0", blocks, new LayoutFacts { Modules = found }).Ranges[1].Address);
        Assert.Equal(["0000:00:02.0/vm"], PhysicalLayout.Of("pc-q35-7.2", blocks, new LayoutFacts { Modules = found[1..] }).LeftOut);
        blocks[0] = new(0, "0000:00:02.0/vm", 128 * MiB);
        Assert.Null(VirtioMemoryPlace.Find(sections, blocks).First().Address);
    }
}
