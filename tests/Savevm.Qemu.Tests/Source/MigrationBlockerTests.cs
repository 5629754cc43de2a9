using Savevm.Qemu.Facts;
using Savevm.Qemu.Source;

namespace Savevm.Qemu.Tests.Source;

public sealed class MigrationBlockerTests
{
    private static readonly MachinePartsFact Parts = new()
    {
        Places = DeviceTreeText.Parse("""
            bus: pci.0
              type PCI
              dev: pci-bridge, id "b"
                addr = 07.0
                bus: b
                  type PCI
                  dev: nvme, id "behind"
                    addr = 04.0
              dev: nvme, id "disk1"
                addr = 04.0
              dev: nvme, id ""
                addr = 1a.1
            """),
    };

    [Theory]
    [InlineData("State blocked by non-migratable device '0000:00:04.0/nvme'", "disk1 (nvme)", "device_del disk1")]
    [InlineData("non-migratable device: 0000:00:04.0/nvme", "disk1 (nvme)", "device_del disk1")]
    [InlineData("State blocked by non-migratable device '0000:00:1a.1/nvme'", "nvme", "start the guest without it; virtio-blk")]
    [InlineData("State blocked by non-migratable device '0000:00:1f.0/nvme'", "0000:00:1f.0/nvme", "start the guest without it")]
    [InlineData("State blocked by non-migratable CPU device (invtsc flag)", null, "without invtsc")]
    [InlineData("Migration is disabled when VirtFS export path '/srv' is mounted in the guest using mount_tag 'm'", null, "unmount the shared folder")]
    [InlineData("0000:01:00.0: VFIO migration is not supported in kernel", null, "unplug the host's device")]
    [InlineData("Migration disabled: vhost lacks VHOST_F_LOG_ALL feature.", null, "vhost=off")]
    [InlineData("virgl is not yet migratable", null, "without 3D")]
    [InlineData("something new", null, "unplug what is named there")]
    public void Names_the_device_and_the_way_out(string reason, string? device, string hint)
    {
        var blocker = MigrationBlocker.Explain(reason, Parts);
        Assert.Equal((reason, device), (blocker.Reason, blocker.Device));
        Assert.Contains(hint, blocker.Hint, StringComparison.Ordinal);
    }
}
