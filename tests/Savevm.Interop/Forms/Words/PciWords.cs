using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms.Words;

/// <summary>What <c>query-pci</c> says of every function, also behind bridges, and the header of its configuration.</summary>
internal static class PciWords
{
    private const int RomRegion = 6;

    public static async Task CompareAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        comparison.Begin("query-pci");
        foreach (JsonNode? bus in (await guest.Monitor.ExecuteAsync("query-pci"))!.AsArray())
        {
            Assert.Equal(0, (int)bus!["bus"]!);
            CompareBus(bus["devices"]!.AsArray(), "0000:00", state, comparison);
        }
    }

    private static void CompareBus(JsonArray devices, string prefix, DecodedState state, Comparison comparison)
    {
        foreach (JsonNode? device in devices)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{prefix}:{(int)device!["slot"]!:x2}.{(int)device["function"]!}");
            DecodedField? function = state.Function(place);
            comparison.Same($"there is {place}", "yes", function is null ? "no" : "yes");
            if (function is not null)
            {
                CompareFunction(place, device, function, comparison);
            }

            if (device["pci_bridge"]?["devices"] is JsonArray behind)
            {
                CompareBus(behind, place, state, comparison);
            }
        }
    }

    private static void CompareFunction(string place, JsonNode device, DecodedField function, Comparison comparison)
    {
        string path = function.ConfigurationPath()!;
        DecodedField config = function[path.Split('/')];
        JsonNode id = device["id"]!;
        string shown = function.Shown($"{path}/id");
        comparison.Same(
            $"{place} id", $"{(int)id["vendor"]!:x4}:{(int)id["device"]!:x4}, class {(int)device["class_info"]!["class"]!:x4}",
            shown[..shown.LastIndexOf('.')]);
        if (id["subsystem"] is not null && config.Find("subsystem_id") is not null)
        {
            comparison.Same($"{place} subsystem", (ulong)id["subsystem"]!, config.Number("subsystem_id"));
            comparison.Same($"{place} subsystem-vendor", (ulong)id["subsystem-vendor"]!, config.Number("subsystem_vendor_id"));
        }

        int pin = (int)device["irq_pin"]!;
        comparison.Same(
            $"{place} irq", pin == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"pin {(char)('A' + pin - 1)}, line {(int)device["irq"]!}"),
            function.Shown($"{path}/interrupt"));
        Dictionary<int, JsonNode> regions = device["regions"]!.AsArray().ToDictionary(region => (int)region!["bar"]!, region => region!);
        for (int bar = 0; bar < RomRegion; bar++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"bar[{bar}]");
            comparison.Same($"{place} {name}", regions.TryGetValue(bar, out JsonNode? region) ? Text(region) : string.Empty, function.Shown($"{path}/{name}"));
        }

        if (regions.TryGetValue(RomRegion, out JsonNode? rom))
        {
            CompareRom(place, (long)rom["address"]!, function.Shown($"{path}/rom"), comparison);
        }

        if (device["pci_bridge"] is { } bridge)
        {
            CompareBridge(place, bridge["bus"]!, function, path, comparison);
        }
    }

    /// <summary>A region as QEMU has mapped it. None of those of this guest may be off, for then QEMU tells no address.</summary>
    private static string Text(JsonNode region)
    {
        long address = (long)region["address"]!;
        return (string)region["type"]! == "io"
            ? $"I/O 0x{address:x4}"
            : $"memory 0x{address:x8}{((bool)region["mem_type_64"]! ? ", 64 bits" : "")}{((bool)region["prefetch"]! ? ", prefetchable" : "")}";
    }

    /// <summary>A ROM that is off has no address for QEMU; the header goes on having one.</summary>
    private static void CompareRom(string place, long address, string shown, Comparison comparison)
    {
        string state = shown[(shown.IndexOf(", ", StringComparison.Ordinal) + 1)..].Trim();
        comparison.Same($"{place} rom", address == -1 ? "disabled" : $"memory 0x{address:x8}, enabled", address == -1 ? state : shown);
    }

    private static void CompareBridge(string place, JsonNode bus, DecodedField function, string path, Comparison comparison)
    {
        comparison.Same(
            $"{place} buses",
            string.Create(
                CultureInfo.InvariantCulture,
                $"primary {(int)bus["number"]!}, secondary {(int)bus["secondary"]!}, subordinate {(int)bus["subordinate"]!}"),
            function.Shown($"{path}/buses"));
        foreach ((string theirs, string ours, string name) in new[]
        {
            ("io_range", "io", "I/O"), ("memory_range", "memory", "memory"), ("prefetchable_range", "prefetch", "prefetchable memory"),
        })
        {
            (ulong first, ulong last) = ((ulong)bus[theirs]!["base"]!, (ulong)bus[theirs]!["limit"]!);
            comparison.Same(
                $"{place} {theirs}", first > last ? $"{name} closed" : $"{name} 0x{first:x} to 0x{last:x}", function.Shown($"{path}/window[{ours}]"));
        }
    }
}
