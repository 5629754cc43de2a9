using System.ComponentModel;
using System.Diagnostics;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Source;
using Savevm.Qemu.Tests.Qmp;

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

    [Theory]
    [InlineData("vhost-user-blk-pci")]
    [InlineData("vhost-user-fs-device")]
    [InlineData("vhost-user-gpu")]
    [InlineData("vhost-vdpa-device-pci")]
    [InlineData("vfio-pci")]
    [InlineData("vfio-pci-nohotplug")]
    [InlineData("x-vfio-user-pci")]
    public void Each_kind_of_device_that_does_is_known(string type)
    {
        var parts = new MachinePartsFact { Devices = [new PluggedDeviceFact("/machine/peripheral/a", "a", type, IsHotPlugged: true)] };
        Assert.Contains($": a ({type}) can write", BackgroundObstacle.OfDevices(parts)?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vhost-user")]
    [InlineData("vhost-vdpa")]
    public void Each_kind_of_network_that_does_is_known(string kind)
    {
        var parts = new MachinePartsFact { NetworkBackends = [new NetworkBackendFact("n0", kind, string.Empty)] };
        Assert.Contains($": n0 ({kind}) can write", BackgroundObstacle.OfDevices(parts)?.Message, StringComparison.Ordinal);
    }

    /// <summary>A file that others can see is memory, lies on a disk, or is not there for us.</summary>
    [Fact]
    public async Task Of_memory_backends_those_in_files_of_a_disk_are_named_and_those_of_which_nobody_knows()
    {
        const string gone = "/nobody/has/this/folder";
        Dictionary<string, string?> paths = new() { ["plain"] = null, ["shared"] = "/dev/shm", ["disk"] = "/proc/self", ["gone"] = gone, [""] = "/proc/self" };
        Assert.SkipUnless(new DriveInfo("/dev/shm").DriveFormat == "tmpfs", "/dev/shm is no tmpfs here");
        using var folder = new TemporaryFolder();
        using var huge = HugePages.Mount(folder["huge"]);
        if (huge is not null) paths["huge"] = folder["huge"];
        await using var monitor = new FakeMonitor();
        string backends = string.Join(", ", paths.Keys.Select(id => $$"""{"id": "{{id}}"}"""));
        monitor.Handlers["query-memdev"] = _ => $$"""[{{backends}}, {}]""";
        monitor.Handlers["qom-get"] = command =>
            (string?)command["arguments"]!["property"] == "mem-path" && ((string?)command["arguments"]!["path"])!.Split('/') is ["", "objects", var id] && paths.GetValueOrDefault(id) is { } path
                ? $"\"{path}\""
                : "!no such property";
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, TestContext.Current.CancellationToken);
        Assert.Equal(["disk (mem-path=/proc/self)", $"gone (mem-path={gone})"], await BackgroundObstacle.OfMemoryAsync(client, TestContext.Current.CancellationToken));
        monitor.Handlers["query-memdev"] = _ => "!unknown";
        Assert.Empty(await BackgroundObstacle.OfMemoryAsync(client, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_QEMU_writes_itself_is_no_obstacle() => Assert.Null(BackgroundObstacle.OfDevices(new MachinePartsFact
    {
        Devices = [new PluggedDeviceFact("/machine/peripheral/disk", "disk", "virtio-blk-pci", IsHotPlugged: false)],
        NetworkBackends = [new NetworkBackendFact("n0", "user", string.Empty), new NetworkBackendFact("n1", "tap", "vhost=on")],
    }));

    /// <summary>A file system of huge pages, which only root may mount. It needs none that are set aside.</summary>
    private sealed class HugePages(string path) : IDisposable
    {
        public static HugePages? Mount(string path)
        {
            Directory.CreateDirectory(path);
            return Run("mount", "-t", "hugetlbfs", "savevm-test", path) ? new HugePages(path) : null;
        }

        public void Dispose() => Run("umount", path);

        private static bool Run(string program, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (Win32Exception)
            {
                return false;
            }
        }
    }
}
