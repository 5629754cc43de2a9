using Savevm.Machine.Ram;
using Savevm.Qemu.Facts;
using Savevm.Recorded;
using Savevm.Resumes.Identity;

namespace Savevm.Tests.Identity;

/// <summary>The last look at a QEMU that waits: what is missing, moved, another one or of another size.</summary>
public sealed class WaitingIdentityTests
{
    private static readonly RecordedMachine Machine = new()
    {
        Type = "pc-i440fx-7.2",
        Accelerator = "tcg",
        Devices =
        [
            Recorded("i440FX", null, "pci.0/00.0", "8086:1237 (sub 1af4:1100)"),
            Recorded("pci-bridge", "b", "pci.0/03.0", "1b36:0001"),
            Recorded("e1000", "behind", "pci.0/03.0/01.0", "8086:100e (sub 1af4:1100)"),
            Recorded("virtio-net-pci", "net0", "pci.0/04.0", "1af4:1000 (sub 1af4:0001)"),
            Recorded("virtio-net-device", null, "pci.0/04.0/virtio", null),
            Recorded("usb-tablet", null, "pci.0/05.0/usb 1", null),
            Recorded("isa-serial", null, null, null),
        ],
    };

    private static readonly RamBlock[] Blocks = [new(0, "pc.ram", 64 << 20), new(1, "0000:00:04.0/virtio-net-pci.rom", 256 << 10), new(2, "/rom@etc/acpi/tables", 128 << 10)];

    [Fact]
    public void The_same_machine_passes()
    {
        WaitingIdentity.Check(Machine, Blocks, Waiting(), "web");
        WaitingIdentity.Check(Machine, Blocks, new WaitingMachineFact("", "tcg", [], []), "web");
        WaitingIdentity.Check(Machine, Blocks, Waiting() with { Places = [.. Waiting().Places, Placed("virtio-rng-pci", "more", "pci.0/09.0", "1af4:1005")] }, "web");
        WaitingIdentity.Check(Machine, Blocks, Waiting() with { Places = [.. Waiting().Places.Select(device => device with { PciIdentity = device.PciIdentity?.Replace("1af4:1100", "1af4:1101", StringComparison.Ordinal) })] }, "web");
    }

    [Fact]
    public void Another_machine_or_accelerator_is_refused()
    {
        AssertRefused(Waiting() with { MachineType = "pc-q35-7.2" }, "is of a machine pc-i440fx-7.2, the QEMU that is to load it is a pc-q35-7.2", "-machine pc-i440fx-7.2");
        AssertRefused(Waiting() with { Accelerator = "kvm" }, "saved under tcg and does not load under kvm", "-accel tcg");
    }

    [Fact]
    public void Missing_moved_and_other_devices_are_named()
    {
        AssertRefused(Without("net0"), "the guest's device net0 (virtio-net-pci) at pci.0/04.0 is missing", "add -device virtio-net-pci,id=net0,bus=pci.0,addr=04.0");
        AssertRefused(
            Without("net0", Placed("virtio-net-pci", "net0", "pci.0/07.0", "1af4:1000")), "net0 (virtio-net-pci) was at pci.0/04.0 and is now at pci.0/07.0", "use bus=pci.0,addr=04.0");
        AssertRefused(
            Without("net0", Placed("rtl8139", "net0", "pci.0/04.0", "10ec:8139")), "at pci.0/04.0 the guest has a net0 (virtio-net-pci), and the QEMU that is to load it a rtl8139", "-device virtio-net-pci,id=net0");
        AssertRefused(
            Waiting() with { Places = [.. Waiting().Places.Where(device => device.Type != "usb-tablet"), Placed("usb-tablet", null, "pci.0/05.0/usb 2", null)] },
            "usb-tablet was at pci.0/05.0/usb 1 and is now at pci.0/05.0/usb 2", "port=1");

        // With a bridge goes what is behind it: it is said once.
        var refusal = AssertRefused(Waiting() with { Places = [.. Waiting().Places.Where(device => device.Id is not ("b" or "behind"))] }, "device b (pci-bridge) at pci.0/03.0 is missing", "addr=03.0");
        Assert.DoesNotContain("behind", refusal.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_missing_or_of_another_size_is_named()
    {
        AssertRefused(WithBlock("pc.ram", 96 << 20), "the RAM block pc.ram has 64 MiB in the snapshot and 96 MiB in the QEMU that is to load it", "-m");
        AssertRefused(WithBlock("0000:00:04.0/virtio-net-pci.rom", 512 << 10), "has 256 KiB in the snapshot and 512 KiB", "romsize=BYTES");
        AssertRefused(Waiting() with { RamBlocks = [.. Waiting().RamBlocks.Where(block => block.Name != "pc.ram")] }, "the RAM block pc.ram of 64 MiB is missing", "-object memory-backend");
        AssertRefused(Waiting() with { RamBlocks = [.. Waiting().RamBlocks.Where(block => !block.Name.EndsWith(".rom", StringComparison.Ordinal))] }, "virtio-net-pci.rom of 256 KiB is missing", "romfile=");
    }

    [Fact]
    public void A_table_of_the_firmware_grows_to_what_is_loaded_but_not_beyond()
    {
        RamBlock[] grown = [.. Blocks.Take(2), new(2, "/rom@etc/acpi/tables", 1 << 20)];
        WaitingIdentity.Check(Machine, grown, Waiting(), "web");
        RamBlock[] tooLarge = [.. Blocks.Take(2), new(2, "/rom@etc/acpi/tables", 4 << 20)];
        Assert.Throws<SavevmException>(() => WaitingIdentity.Check(Machine, tooLarge, Waiting(), "web"));
    }

    private static SavevmException AssertRefused(WaitingMachineFact waiting, string why, string hint)
    {
        var refusal = Assert.Throws<SavevmException>(() => WaitingIdentity.Check(Machine, Blocks, waiting, "web"));
        Assert.Equal(ExitCode.Incompatible, refusal.Code);
        Assert.Contains(why, refusal.Why, StringComparison.Ordinal);
        Assert.Contains(hint, refusal.Hint, StringComparison.Ordinal);
        return refusal;
    }

    private static WaitingMachineFact Without(string id, params PlacedDeviceFact[] more) =>
        Waiting() with { Places = [.. Waiting().Places.Where(device => device.Id != id), .. more] };

    private static WaitingMachineFact WithBlock(string name, long bytes) =>
        Waiting() with { RamBlocks = [.. Waiting().RamBlocks.Select(block => block.Name == name ? block with { UsedBytes = bytes, MaximumBytes = bytes } : block)] };

    private static WaitingMachineFact Waiting() => new(
        "pc-i440fx-7.2",
        "tcg",
        [.. Machine.Devices.Select(device => Placed(device.Type, device.Id, device.Place, device.PciIdentity))],
        [
            new("pc.ram", 4096, 64 << 20, 64 << 20), new("0000:00:04.0/virtio-net-pci.rom", 4096, 256 << 10, 256 << 10), new("/rom@etc/acpi/tables", 4096, 128 << 10, 2 << 20),
            new("vga.vram", 4096, 16 << 20, 16 << 20),
        ]);

    private static RecordedDevice Recorded(string type, string? id, string? place, string? identity) =>
        new() { Type = type, Id = id, Place = place, Bus = "pci.0", PciIdentity = identity, IsPlugged = id is not null };

    private static PlacedDeviceFact Placed(string type, string? id, string? place, string? identity) =>
        new() { Type = type, Id = id, Bus = "pci.0", BusType = "PCI", Place = place, PciIdentity = identity };
}
