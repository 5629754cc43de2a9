using System.Text.Json.Nodes;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Tests.Qmp;

namespace Savevm.Qemu.Tests.Facts;

/// <summary>What a live QEMU is asked, by a scripted monitor; the real ones are in the interop tests.</summary>
public sealed class MachinePartsReaderTests
{
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    [Fact]
    public async Task A_device_that_was_plugged_in_is_asked_for_what_is_not_usual_about_it_and_no_more()
    {
        await using var monitor = Monitor();
        var parts = await ReadAsync(monitor);
        Assert.True(parts.IsComplete);
        var net = Assert.Single(parts.Devices, device => device.Id == "net0");
        Assert.True(net.IsHotPlugged);
        Assert.Equal(("pci.0", "/machine/i440fx"), (net.Bus, net.BusOwner));
        Assert.Equal(
            """addr="05.0" host_mtu=1400 mac="52:54:00:11:22:33" rng="rng0" romfile="" """.TrimEnd(),
            string.Join(' ', net.Properties.OrderBy(property => property.Key, StringComparer.Ordinal).Select(property => $"{property.Key}={property.Value.ToJsonString()}")));

        // The tree has told that these are as they always are.
        Assert.DoesNotContain("vectors", Asked(monitor));
        Assert.DoesNotContain("x-pcie-flr-init", Asked(monitor));
        var processor = Assert.Single(parts.Devices, device => device.Id == "cpu1");
        Assert.Equal("""{"core-id":2,"socket-id":0}""", new JsonObject([.. processor.Properties.Select(property => new KeyValuePair<string, JsonNode?>(property.Key, property.Value.DeepClone()))]).ToJsonString());
        Assert.False(Assert.Single(parts.Devices, device => device.Id is null).IsHotPlugged);
        Assert.Equal("qemu64-x86_64-cpu", parts.CpuType);
        Assert.Equal(["00000001.EDX=000000ff", "00000007:0.EBX=00000001"], parts.CpuFeatureWords);
    }

    [Fact]
    public async Task Objects_that_no_option_made_are_asked_for_their_options_but_never_a_secret()
    {
        await using var monitor = Monitor();
        var parts = await ReadAsync(monitor);
        Assert.Equal(["filename"], Assert.Single(parts.Objects, item => item.Id == "rng1").Properties.Keys);
        Assert.Empty(Assert.Single(parts.Objects, item => item.Id == "rng0").Properties);
        Assert.Empty(Assert.Single(parts.Objects, item => item.Id == "key").Properties);
        Assert.DoesNotContain("data", Asked(monitor));
        Assert.DoesNotContain(monitor.Commands, command => (string?)command["arguments"]?["path"] is "/objects/rng0" or "/objects/key");
    }

    [Fact]
    public async Task A_machine_to_which_nothing_was_added_costs_two_questions_in_a_row()
    {
        await using var monitor = Monitor();
        monitor.Handlers["qom-get"] = command => (string)command["arguments"]!["property"]! == "hotplugged" ? "false" : "!no";
        await ReadAsync(monitor, "-object rng-random,id=rng1 -object secret,id=key,file=/f -object rng-random,id=rng0");
        Assert.DoesNotContain("device-list-properties", monitor.Names);
        Assert.InRange(monitor.WriteSizes.Count, 1, 3);
    }

    [Fact]
    public async Task One_that_refuses_a_question_is_not_complete()
    {
        await using var monitor = Monitor();
        monitor.Handlers["query-chardev"] = _ => "!no such command";
        Assert.False((await ReadAsync(monitor)).IsComplete);
        await using var other = Monitor();
        other.Handlers["query-memory-devices"] = _ => "!no memory modules here";
        Assert.True((await ReadAsync(other)).IsComplete);
    }

    private static async Task<MachinePartsFact> ReadAsync(FakeMonitor monitor, string started = "-object rng-random,id=rng0")
    {
        await using var client = await QmpClient.ConnectAsync(monitor.Path, cancellationToken: Limit);
        var process = new HostProcessFact(1, 1, "/q", ["qemu", .. started.Split(' ')], "/", new Dictionary<string, string>());
        return await MachinePartsReader.ReadAsync(client, process, JsonNode.Parse("""[{"qom-path": "/machine/unattached/device[0]"}]"""), Limit);
    }

    private static List<string?> Asked(FakeMonitor monitor) =>
        [.. monitor.Commands.Where(command => (string?)command["execute"] == "qom-get").Select(command => (string?)command["arguments"]!["property"])];

    private static FakeMonitor Monitor()
    {
        var monitor = new FakeMonitor();
        monitor.Handlers["qom-list"] = command => (string)command["arguments"]!["path"]! switch
        {
            "/machine/peripheral" => """[{"name": "type", "type": "string"}, {"name": "net0", "type": "child<virtio-net-pci>"}, {"name": "cpu1", "type": "child<qemu64-x86_64-cpu>"}]""",
            "/machine/peripheral-anon" => """[{"name": "device[0]", "type": "child<e1000>"}]""",
            "/objects" => """[{"name": "rng0", "type": "child<rng-random>"}, {"name": "rng1", "type": "child<rng-random>"}, {"name": "key", "type": "child<secret>"}]""",
            _ => "[]",
        };
        monitor.Handlers["human-monitor-command"] = command => (string)command["arguments"]!["command-line"]! == "info qtree"
            ? JsonValue.Create("""
                bus: pci.0
                  type PCI
                  dev: virtio-net-pci, id "net0"
                    vectors = 4 (0x4)
                    x-pcie-flr-init = false
                    romfile = ""
                    addr = 05.0
                    bus: virtio-bus
                      type virtio-pci-bus
                      dev: virtio-net-device, id ""
                        host_mtu = 1400 (0x578)
                  dev: i440FX, id ""
                    x-pcie-flr-init = false
                    addr = 00.0
                """).ToJsonString()
            : "\"\"";
        foreach (string name in new[] { "query-chardev", "query-memory-devices", "query-memdev" })
        {
            monitor.Handlers[name] = _ => "[]";
        }

        monitor.Handlers["device-list-properties"] = _ => """
            [{"name": "vectors", "type": "uint32", "default-value": 4}, {"name": "x-pcie-flr-init", "type": "bool", "default-value": true}, {"name": "romfile", "type": "str"},
             {"name": "addr", "type": "int32", "default-value": -1}, {"name": "host_mtu", "type": "uint16", "default-value": 0}, {"name": "mac", "type": "str"},
             {"name": "rng", "type": "link<rng-backend>"}, {"name": "bootindex", "type": "int32"}, {"name": "attached", "type": "bool"}, {"name": "tx", "type": "str"},
             {"name": "virtio-backend", "type": "child<virtio-net-device>"}, {"name": "fds", "type": "list"}, {"name": "csum", "type": "bool", "default-value": true}]
            """.ReplaceLineEndings(" ");
        monitor.Handlers["query-hotpluggable-cpus"] = _ => """[{"qom-path": "/machine/peripheral/cpu1", "props": {"core-id": 2, "node-id": 0, "socket-id": 0}}]""";
        monitor.Handlers["qom-get"] = command => ((string)command["arguments"]!["path"]!, (string)command["arguments"]!["property"]!) switch
        {
            (var path, "hotplugged") => path.StartsWith("/machine/peripheral/", StringComparison.Ordinal) ? "true" : "false",
            ("/machine/peripheral/net0", "parent_bus") => "\"/machine/i440fx/pci.0\"",
            (_, "parent_bus") => "\"\"",
            (_, "type") => "\"qemu64-x86_64-cpu\"",
            (_, "feature-words") => """[{"cpuid-register": "EBX", "cpuid-input-eax": 7, "cpuid-input-ecx": 0, "features": 1}, {"cpuid-register": "EDX", "cpuid-input-eax": 1, "features": 255}]""",
            (_, "addr") => "40",
            (_, "host_mtu") => "1400",
            (_, "mac") => "\"52:54:00:11:22:33\"",
            (_, "rng") => "\"/objects/rng0\"",
            (_, "bootindex") => "-1",
            (_, "romfile" or "tx") => "\"\"",
            (_, "filename") => "\"/dev/hwrng\"",
            (_, "fds") => "[]",
            (_, "csum") => "true",
            _ => "!no such property",
        };
        return monitor;
    }
}
