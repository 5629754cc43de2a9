using Savevm.Qemu.Facts;

namespace Savevm.Qemu.Tests.Facts;

public sealed class DeviceTreeTextTests
{
    internal const string Tree = """
        bus: main-system-bus
          type System
          dev: ps2-kbd, id ""
            gpio-out "" 1
          dev: i440FX-pcihost, id ""
            pci-hole64-size = 2147483648 (2 GiB)
            bus: pci.0
              type PCI
              dev: pci-bridge, id "bridge"
                chassis_nr = 3 (0x3)
                addr = 07.0
                class PCI bridge, addr 00:07.0, pci id 1b36:0001 (sub 0000:0000)
                bus: bridge
                  type PCI
                  dev: virtio-scsi-pci, id "scsi"
                    addr = 01.0
                    class SCSI controller, addr 05:01.0, pci id 1af4:1004 (sub 1af4:0008)
                    bus: virtio-bus
                      type virtio-pci-bus
                      dev: virtio-scsi-device, id ""
                        num_queues = 1 (0x1)
                        bus: scsi.0
                          type SCSI
                          dev: scsi-hd, id "disk"
                            drive = "hd, of all"
                            channel = 0 (0x0)
                            scsi-id = 2 (0x2)
                            lun = 1 (0x1)
                            physical_block_size = 512 (512 B)
              dev: qemu-xhci, id "xhci"
                addr = 06.0
                class USB controller, addr 00:06.0, pci id 1b36:000d (sub 1af4:1100)
                bus: xhci.0
                  type usb-bus
                  dev: usb-tablet, id ""
                    port = ""
                    msos-desc = true
                    addr 0.1, port 1.2, speed 480, name QEMU USB Tablet, attached
              dev: virtio-net-pci, id "net0"
                romfile = "efi-virtio.rom"
                romsize = 262144 (0x40000)
                rombar = -1 (0xffffffffffffffff)
                addr = 05.0
                class Ethernet controller, addr 00:05.0, pci id 1af4:1000 (sub 1af4:0001)
                bar 0: i/o at 0xc180 [0xc19f]
                bus: virtio-bus
                  type virtio-pci-bus
                  dev: virtio-net-device, id ""
                    host_mtu = 1400 (0x578)
                    ebpf-rss-fds = <null>
              dev: piix3-ide, id ""
                addr = 01.1
                class IDE controller, addr 00:01.1, pci id 8086:7010 (sub 1af4:1100)
                bus: ide.1
                  type IDE
                  dev: ide-cd, id ""
                    unit = 0 (0x0)
                bus: ide.0
                  type IDE
                  dev: ide-hd, id ""
                    unit = 1 (0x1)
        """;

    [Fact]
    public void Every_device_has_a_place_without_names_that_a_user_chose()
    {
        var devices = DeviceTreeText.Parse(Tree);
        Assert.Equal(
            """
            ps2-kbd|System|
            i440FX-pcihost|System|
            pci-bridge|PCI|pci.0/07.0
            virtio-scsi-pci|PCI|pci.0/07.0/01.0
            virtio-scsi-device|virtio-pci-bus|pci.0/07.0/01.0/virtio
            scsi-hd|SCSI|pci.0/07.0/01.0/virtio/scsi 0:2:1
            qemu-xhci|PCI|pci.0/06.0
            usb-tablet|usb-bus|pci.0/06.0/usb 1.2
            virtio-net-pci|PCI|pci.0/05.0
            virtio-net-device|virtio-pci-bus|pci.0/05.0/virtio
            piix3-ide|PCI|pci.0/01.1
            ide-cd|IDE|pci.0/01.1/ide 1:0
            ide-hd|IDE|pci.0/01.1/ide 0:1
            """,
            string.Join('\n', devices.Select(device => $"{device.Type}|{device.BusType}|{device.Place}")));
    }

    [Fact]
    public void Properties_are_read_as_they_are_and_identities_of_PCI_devices_too()
    {
        var devices = DeviceTreeText.Parse(Tree.ReplaceLineEndings("\r\n"));
        var net = Assert.Single(devices, device => device.Id == "net0");
        Assert.Equal("1af4:1000 (sub 1af4:0001)", net.PciIdentity);
        Assert.Equal("efi-virtio.rom", net.Properties["romfile"]);
        Assert.Equal("262144", net.Properties["romsize"]);
        Assert.Equal("-1", net.Properties["rombar"]);
        var inner = Assert.Single(devices, device => device.Parent == net);
        Assert.Equal("1400", inner.Properties["host_mtu"]);
        Assert.Equal("", inner.Properties["ebpf-rss-fds"]);
        var disk = Assert.Single(devices, device => device.Id == "disk");
        Assert.Equal("hd, of all", disk.Properties["drive"]);
        Assert.Equal("512", disk.Properties["physical_block_size"]);
        Assert.Equal("scsi.0", disk.Bus);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dev: orphan, id \"x\"")]
    [InlineData("    addr = 1\n  type PCI\nbus: ")]
    [InlineData("bus: a\n  dev: x\n    = \n    b = \"\n  dev: , id \"\"")]
    public void What_is_not_understood_is_passed_over(string text) =>
        Assert.All(DeviceTreeText.Parse(text), device => Assert.Null(device.Place));
}
