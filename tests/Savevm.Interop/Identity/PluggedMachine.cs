using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Identity;

/// <summary>What a QEMU says of its own parts, by the tests' own monitor.</summary>
internal static class PluggedMachine
{
    public static Task<JsonNode?> DoAsync(LabGuest guest, string command, string arguments) =>
        guest.Monitor.ExecuteAsync(command, JsonNode.Parse(arguments)!.AsObject());

    /// <summary>The devices and objects with an id, memory modules, PCI addresses and option ROMs, as one text that two machines can be compared by.</summary>
    public static async Task<string> DescribeAsync(LabGuest guest)
    {
        var lines = new List<string>();
        foreach (string path in new[] { "/machine/peripheral", "/objects" })
        {
            JsonNode? children = await guest.Monitor.ExecuteAsync("qom-list", new JsonObject { ["path"] = path });
            lines.AddRange(children!.AsArray()
                .Where(child => ((string)child!["type"]!).StartsWith("child<", StringComparison.Ordinal) && !((string)child["name"]!).StartsWith("savevm", StringComparison.Ordinal))
                .Select(child => $"{path}/{child!["name"]} {((string)child["type"]!).Replace("-file", "-ram", StringComparison.Ordinal)}"));
        }

        JsonNode? modules = await guest.Monitor.ExecuteAsync("query-memory-devices");
        lines.AddRange(modules!.AsArray().Select(module => $"{module!["data"]!["id"]} slot {module["data"]!["slot"]} at {module["data"]!["addr"]}, {module["data"]!["size"]} bytes"));
        JsonNode? buses = await guest.Monitor.ExecuteAsync("query-pci");
        lines.AddRange(buses!.AsArray().SelectMany(bus => bus!["devices"]!.AsArray())
            .Select(device => $"PCI {device!["slot"]}.{device["function"]} {device["qdev_id"]} {device["id"]!["vendor"]}:{device["id"]!["device"]}"));
        JsonNode? blocks = await guest.Monitor.ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = "info ramblock" });
        lines.AddRange(((string)blocks!).Split('\n').Select(line => line.Trim().Split(' ')[0]).Where(name => name.EndsWith(".rom", StringComparison.Ordinal)).Select(name => $"ROM {name}"));
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    /// <summary>What is asked of one property of a device.</summary>
    public static async Task<string> PropertyAsync(LabGuest guest, string path, string property) =>
        (await guest.Monitor.ExecuteAsync("qom-get", new JsonObject { ["path"] = path, ["property"] = property }))!.ToJsonString();

    /// <summary>Whether there is a device of that id.</summary>
    public static async Task<bool> HasAsync(LabGuest guest, string id) =>
        (await guest.Monitor.ExecuteAsync("qom-list", new JsonObject { ["path"] = "/machine/peripheral" }))!.AsArray().Any(child => (string)child!["name"]! == id);
}
