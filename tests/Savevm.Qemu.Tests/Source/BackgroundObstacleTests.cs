using Savevm.Qemu.Facts;
using Savevm.Qemu.Source;

namespace Savevm.Qemu.Tests.Source;

public sealed class BackgroundObstacleTests
{
    [Fact]
    public void Who_writes_past_the_protection_is_named()
    {
        var parts = new MachinePartsFact
        {
            Devices =
            [
                new PluggedDeviceFact("/machine/peripheral/fs", "fs", "vhost-user-fs-pci", IsHotPlugged: false),
                new PluggedDeviceFact("/machine/peripheral-anon/device[0]", null, "vfio-pci", IsHotPlugged: false),
                new PluggedDeviceFact("/machine/peripheral/net0", "net0", "virtio-net-pci", IsHotPlugged: false),
            ],
            NetworkBackends = [new NetworkBackendFact("n0", "vhost-user", string.Empty), new NetworkBackendFact("n1", "tap", "vhost=on")],
        };
        var obstacle = BackgroundObstacle.OfDevices(parts);
        Assert.Contains("fs (vhost-user-fs-pci), vfio-pci, n0 (vhost-user) can write", obstacle?.Message, StringComparison.Ordinal);
        Assert.Contains("--mode stop", obstacle?.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void What_QEMU_writes_itself_is_no_obstacle() => Assert.Null(BackgroundObstacle.OfDevices(new MachinePartsFact
    {
        Devices = [new PluggedDeviceFact("/machine/peripheral/disk", "disk", "virtio-blk-pci", IsHotPlugged: false)],
        NetworkBackends = [new NetworkBackendFact("n0", "user", string.Empty), new NetworkBackendFact("n1", "tap", "vhost=on")],
    }));
}
