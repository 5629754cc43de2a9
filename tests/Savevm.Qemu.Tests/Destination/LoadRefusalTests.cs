using Savevm.Qemu.Destination;

namespace Savevm.Qemu.Tests.Destination;

/// <summary>What QEMU 7.2, 10.0 and 11.x say when they do not take a state, and what becomes of it.</summary>
public sealed class LoadRefusalTests
{
    private const string End = "load of migration failed: Invalid argument";

    [Theory]
    [InlineData("Machine type received is 'pc-i440fx-7.2' and local is 'pc-q35-7.2'", "the state is of a machine pc-i440fx-7.2, this one is a pc-q35-7.2", "use -machine pc-i440fx-7.2", null)]
    [InlineData("Capability x-ignore-shared is off, but received capability is on", "the migration capability x-ignore-shared is on in the state and off in this QEMU", "switch x-ignore-shared on on its monitor", null)]
    [InlineData("Unknown ramblock \"0000:00:02.0/e1000.rom\", cannot accept migration", "this QEMU has no memory 0000:00:02.0/e1000.rom", "start it with the device at 0000:00:02.0", "ram")]
    [InlineData("Size mismatch: pc.ram: 0x2000000 != 0x3000000: Invalid argument", "the memory pc.ram has 32 MiB in the state and 48 MiB in this QEMU", "use the same -m", "ram")]
    [InlineData("Size mismatch: 0000:00:04.0/e1000.rom: 0x40000 != 0x80000: Invalid argument", "has 256 KiB in the state and 512 KiB in this QEMU", "romsize=BYTES", "ram")]
    [InlineData("Size too large: /rom@etc/acpi/tables: 0x400000 > 0x200000: Invalid argument", "has 4 MiB in the state and 2 MiB", "memory backends", "ram")]
    [InlineData("Size mismatch: 0000:00:02.0/vga.vram: 0x1000000 != 0x2000000: Invalid argument", "has 16 MiB in the state and 32 MiB", "the same display device", "ram")]
    [InlineData("Mismatched RAM page size pc.ram (local) 4096 != 2097152", "is made of pages of 4096 bytes here, and of 2097152 bytes in the state", "pages of the same size", "ram")]
    [InlineData("savevm: unsupported version 5 for 'kvmclock' v1", "the state of kvmclock is of version 5, this QEMU knows it up to 1", "a newer QEMU", null)]
    [InlineData("VGACommon: incoming version_id 4 is too new for local version_id 3", "VGACommon is of version 4 in the state, this QEMU knows it up to 3", "a newer QEMU", "vga")]
    [InlineData("i8254: incoming version_id 1 is too old for local minimum version_id  2", "i8254 is of version 1 in the state, this QEMU needs at least 2", "an older QEMU", "i8254")]
    [InlineData("Features 0x130bf8024 unsupported. Allowed features: 0x179bf8060", "features of the device (0x130bf8024) that it does not offer here", "properties that it was captured with", "0000:00:04.0/virtio-net")]
    [InlineData("VQ 1 size 0x100 < last_avail_idx 0x9 - used_idx 0x11", "queue 1 of the device and the guest's memory are not of the same instant", "--read-data", "0000:00:01.0/virtio-net")]
    [InlineData("VQ 0 size 0x100 Guest index 0x1 inconsistent with Host index 0x900: delta 0xf701", "queue 0 of the device and the guest's memory are not of the same instant", "--read-data", "0000:00:01.0/virtio-net")]
    [InlineData("error: failed to set MSR 0x48f to 0x7fffff00036dfb", "no register 0x48f that the guest's has", "the same processor features", null)]
    [InlineData("Not a migration stream", "this is no state of a guest", "--read-data", null)]
    public void Each_message_has_a_meaning_and_a_way_out(string line, string meaning, string hint, string? device)
    {
        string[] lines = device is null ? [line, End] : [line, $"error while loading state for instance 0x0 of device '{device}'", End];
        var refusal = LoadRefusal.Read(lines);
        Assert.NotNull(refusal);
        Assert.Equal(line, refusal.Line);
        Assert.Contains(meaning, refusal.Meaning, StringComparison.Ordinal);
        Assert.Contains(hint, refusal.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000:00:02.0/virtio-rng", "0", "add the device virtio-rng at 0000:00:02.0")]
    [InlineData("cpu_common", "1", "use -smp 2 or more")]
    [InlineData("slirp", "1", "until there are 2 of them")]
    [InlineData("hpet", "0", "the machine options")]
    public void A_section_that_has_no_device_names_what_to_add(string name, string number, string hint)
    {
        foreach (string line in new[]
        {
            $"Unknown savevm section or instance '{name}' {number}. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices",
            $"load of migration failed: Invalid argument: Unknown section or instance '{name}' {number}. Make sure that your current VM setup matches",
        })
        {
            var refusal = LoadRefusal.Read([line, End])!;
            Assert.Equal((name, number), (refusal.Section, refusal.InstanceId.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Contains(hint, refusal.Hint, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("9a", "a capability of the PCI device", "vectors=")]
    [InlineData("2", "the model of the PCI device", "disable-legacy=")]
    [InlineData("e", "the kind of PCI header", "multifunction=")]
    [InlineData("14", "the address register 1 (BAR)", "properties")]
    [InlineData("3d", "the interrupt pin", "properties")]
    public void A_byte_of_PCI_configuration_is_named_and_the_field_it_is_in(string index, string register, string hint)
    {
        var refusal = LoadRefusal.Read(
        [
            $"get_pci_config_device: Bad config data: i=0x{index} read: 3 device: 1 cmask: ff wmask: 0 w1cmask:0",
            "Failed to load PCIDevice:config",
            "Failed to load virtio-net:virtio",
            "error while loading state for instance 0x2 of device '0000:00:04.0/virtio-net'",
            End,
        ])!;
        Assert.Contains($"{register}", refusal.Meaning, StringComparison.Ordinal);
        Assert.Contains("is 3 in the state and 1 in the device", refusal.Meaning, StringComparison.Ordinal);
        Assert.Contains(hint, refusal.Hint, StringComparison.Ordinal);
        Assert.Equal(("0000:00:04.0/virtio-net", 2u), (refusal.Section, refusal.InstanceId));
        Assert.Equal([("PCIDevice", "config"), ("virtio-net", "virtio")], refusal.Fields);
        Assert.Equal(int.Parse(index, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture), refusal.ByteOfField);
    }

    [Fact]
    public void The_newer_wording_in_one_line_says_the_same()
    {
        var refusal = LoadRefusal.Read(
        [
            "8 != 101",
            "Failed to load element of type uint16 equal for max_queue_pairs: -22",
            "load of migration failed: Invalid argument: error while loading state for instance 0x0 of device '0000:00:03.0/virtio-net': Failed to load element of type virtio for virtio: -22",
        ])!;
        Assert.Equal("0000:00:03.0/virtio-net", refusal.Section);
        Assert.Contains("max_queue_pairs is 8 in one and 101 in the other", refusal.Meaning, StringComparison.Ordinal);
        Assert.Equal(["virtio", "max_queue_pairs"], refusal.Fields.Select(field => field.Name));
        var part = LoadRefusal.Read(["load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'cpu': VM subsection 'cpu/xsave' in 'cpu' does not exist"])!;
        Assert.Contains("the state of cpu has a part cpu/xsave that this QEMU does not know", part.Meaning, StringComparison.Ordinal);
        Assert.Equal("cpu", part.Section);
    }

    [Theory]
    [InlineData("Missing section footer for 0000:00:02.0/xhci")]
    [InlineData("Mismatched section id in footer for 0000:00:02.0/xhci - read 0x0 expected 0x1d")]
    [InlineData("load of migration failed: Invalid argument: Reading footer section of instance 0x0 of device '0000:00:02.0/xhci' for version_id:'1' failed")]
    public void A_device_that_read_the_wrong_number_of_bytes_is_configured_in_another_way(string line)
    {
        var refusal = LoadRefusal.Read([line, End])!;
        Assert.Equal("0000:00:02.0/xhci", refusal.Section);
        Assert.Contains("fewer or more bytes", refusal.Meaning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_of_which_no_more_is_told_is_named_all_the_same()
    {
        var console = LoadRefusal.Read(["Failed to load virtio-console:virtio", "error while loading state for instance 0x0 of device '0000:00:04.0/virtio-console'", End])!;
        Assert.Contains("the virtio-console is configured in another way", console.Meaning, StringComparison.Ordinal);
        Assert.Equal([("virtio-console", "virtio")], console.Fields);
        var field = LoadRefusal.Read(["Failed to load serial:divider", "error while loading state for instance 0x0 of device 'serial'", End])!;
        Assert.Contains("serial does not take the value of divider", field.Meaning, StringComparison.Ordinal);
        var device = LoadRefusal.Read(["error while loading state for instance 0x0 of device 'tpm-tis'", End])!;
        Assert.Equal("tpm-tis", device.Section);
        Assert.NotNull(device.Meaning);
        var unknown = LoadRefusal.Read(["something of another release", End])!;
        Assert.Equal("something of another release", unknown.Line);
        Assert.Null(unknown.Meaning);
    }

    [Fact]
    public void What_is_about_no_state_is_not_explained()
    {
        Assert.Null(LoadRefusal.Read([]));
        Assert.Null(LoadRefusal.Read(["-drive file=x.img: Could not open 'x.img': No such file or directory"]));
    }
}
