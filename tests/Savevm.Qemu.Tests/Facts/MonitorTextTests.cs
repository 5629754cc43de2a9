using Savevm.Qemu.Facts;

namespace Savevm.Qemu.Tests.Facts;

/// <summary>What the human monitor prints of RAM and networks; the releases differ in columns.</summary>
public sealed class MonitorTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" 0x00007fc6fbe00000  rw")]
    public void Ram_blocks_have_their_names_sizes_and_pages(string more)
    {
        string text = $"""
                          Block Name    PSize              Offset               Used              Total
                              pc.ram    4 KiB  0x0000000000000000 0x0000000004000000 0x0000000004000000{more}
                            huge mem    2 MiB  0x00000000043c0000 0x0000000040000000 0x0000000040000000{more}
                /rom@etc/acpi/tables    4 KiB  0x0000000004100000 0x0000000000020000 0x0000000000200000{more}
            0000:00:02.0/virtio-net-pci.rom    4 KiB  0x0000000004080000 0x0000000000040000 0x0000000000040000{more}
            """;
        Assert.Equal(
            [
                new RamBlockFact("pc.ram", 4096, 64 << 20, 64 << 20),
                new RamBlockFact("huge mem", 2 << 20, 1 << 30, 1 << 30),
                new RamBlockFact("/rom@etc/acpi/tables", 4096, 128 << 10, 2 << 20),
                new RamBlockFact("0000:00:02.0/virtio-net-pci.rom", 4096, 256 << 10, 256 << 10),
            ],
            RamBlockText.Parse(text));
        Assert.Empty(RamBlockText.Parse("unknown command: 'info ramblock'"));
    }

    [Fact]
    public void Backends_are_told_from_devices_and_queues_are_counted_once()
    {
        const string Text = """
            n9: index=0,type=user,net=10.0.2.0,restrict=off
            hub 0
             \ hub0port1: index=0,type=hubport
             \ hub0port0: #net083: index=0,type=user,net=10.0.2.0,restrict=off
            e1000.0: index=0,type=nic,model=e1000,macaddr=52:54:00:12:34:57
            hot: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:11:22:33
             \ t0: index=0,type=tap,ifname=tap7,script=no,downscript=no
            hot: index=1,type=nic,model=virtio-net-pci,macaddr=52:54:00:11:22:33
             \ t0: index=1,type=tap,ifname=tap7,script=no,downscript=no
            """;
        Assert.Equal(
            [new("n9", "user", "net=10.0.2.0,restrict=off"), new("#net083", "user", "net=10.0.2.0,restrict=off"), new("t0", "tap", "ifname=tap7,script=no,downscript=no")],
            NetworkBackendText.Parse(Text));
    }
}
