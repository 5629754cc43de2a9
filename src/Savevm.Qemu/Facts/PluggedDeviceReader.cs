using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Facts;

/// <summary>
/// Asks of each device that was plugged in while QEMU ran what options would make it again: those of its properties that are not as the
/// model has them by itself. Most of them the device tree has told already; QMP is asked for the others, since it gives exact values.
/// </summary>
internal static class PluggedDeviceReader
{
    // Settable although QMP tells no default of them, besides texts and references.
    private static readonly string[] SettableWithoutDefault = ["bootindex", "label-size", "unarmed", "uuid", "requested-size"];

    private sealed record Wanted(PluggedDeviceFact Device, string Name, string Type, JsonNode? Default);

    public static async Task<IReadOnlyList<PluggedDeviceFact>> CompleteAsync(
        QmpClient client, IReadOnlyList<PluggedDeviceFact> devices, IReadOnlyList<PlacedDeviceFact> places, CancellationToken cancellationToken)
    {
        PluggedDeviceFact[] hot = [.. devices.Where(device => device.IsHotPlugged)];
        if (hot.Length == 0)
        {
            return devices;
        }

        string[] types = [.. hot.Select(device => device.Type).Distinct()];
        QmpCommand[] questions =
        [
            .. hot.Select(device => MachinePartsReader.Get(device.Path, "parent_bus")),
            .. types.Select(type => new QmpCommand("device-list-properties", new JsonObject { ["typename"] = type })),
            new("query-hotpluggable-cpus"),
        ];
        var answers = await client.ExecuteEachAsync(questions, cancellationToken).ConfigureAwait(false);
        var models = types.Select((type, index) => (type, index)).ToDictionary(item => item.type, item => answers[hot.Length + item.index].Answer, StringComparer.Ordinal);
        var usual = BoardSettings(devices, places);
        var wanted = hot.Where(device => !IsProcessor(device)).SelectMany(device => Wants(device, models[device.Type], places, usual)).ToList();
        var values = await client.ExecuteEachAsync(
            [.. wanted.Select(item => MachinePartsReader.Get(item.Device.Path, item.Name))], cancellationToken).ConfigureAwait(false);
        var properties = wanted.Zip(values)
            .Select(pair => (pair.First.Device.Path, Property: Expressed(pair.First, pair.Second.Answer, usual)))
            .Where(item => item.Property is not null)
            .ToLookup(item => item.Path, item => item.Property!.Value, StringComparer.Ordinal);
        var buses = hot.Select((device, index) => (device.Path, Bus: answers[index].Answer.AsText())).ToDictionary(item => item.Path, item => item.Bus, StringComparer.Ordinal);
        return
        [
            .. devices.Select(device => !device.IsHotPlugged ? device : device with
            {
                Bus = buses[device.Path] is { Length: > 0 } bus ? bus[(bus.LastIndexOf('/') + 1)..] : null,
                BusOwner = buses[device.Path] is { Length: > 0 } path ? path[..path.LastIndexOf('/')] : null,
                Properties = IsProcessor(device)
                    ? Topology(answers[^1].Answer, device.Path)
                    : new Dictionary<string, JsonNode>(properties[device.Path], StringComparer.Ordinal),
            }),
        ];
    }

    private static bool IsProcessor(PluggedDeviceFact device) => device.Type.EndsWith("-cpu", StringComparison.Ordinal);

    // The model of a processor and its features are said by -cpu for all of them; its own is only where it sits.
    private static Dictionary<string, JsonNode> Topology(JsonNode? answer, string path)
    {
        var topology = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (name, value) in answer.Items().FirstOrDefault(item => item.Text("qom-path") == path).Member("props") as JsonObject ?? [])
        {
            if (name != "node-id" && value is not null)
            {
                topology[name] = value;
            }
        }

        return topology;
    }

    // An older machine type sets some of a model's inner properties for all devices. What it set for the board's own, it sets for ours again.
    private static Dictionary<string, string> BoardSettings(IReadOnlyList<PluggedDeviceFact> devices, IReadOnlyList<PlacedDeviceFact> places)
    {
        var types = devices.Select(device => device.Type).ToHashSet(StringComparer.Ordinal);
        return places.Where(place => place.IsPci && place.Id is null && !types.Contains(place.Type))
            .SelectMany(place => place.Properties)
            .Where(property => property.Key.StartsWith("x-", StringComparison.Ordinal))
            .GroupBy(property => property.Key, StringComparer.Ordinal)
            .Where(settings => settings.Select(setting => setting.Value).Distinct().Count() == 1)
            .ToDictionary(settings => settings.Key, settings => settings.First().Value, StringComparer.Ordinal);
    }

    private static IEnumerable<Wanted> Wants(
        PluggedDeviceFact device, JsonNode? properties, IReadOnlyList<PlacedDeviceFact> places, Dictionary<string, string> board)
    {
        int index = device.Id is null ? -1 : Enumerable.Range(0, places.Count).FirstOrDefault(i => places[i].Id == device.Id, -1);
        var place = index < 0 ? null : places[index];

        // A virtio device on PCI hands most of its properties to the device behind it, which the tree shows below it.
        var inner = place is null ? null : places.Skip(index).FirstOrDefault(item => item.Parent?.Id == device.Id && item.Place == place.Place + "/virtio");
        foreach (var property in properties.Items())
        {
            if (property.Text("name") is not { } name || property.Text("type") is not { } type || type.StartsWith("child<", StringComparison.Ordinal))
            {
                continue;
            }

            var usual = property.Member("default-value");
            bool canBeSet = usual is not null || type == "str" || type.StartsWith("link<", StringComparison.Ordinal) || SettableWithoutDefault.Contains(name) || IsList(type);
            string? told = place?.Properties.GetValueOrDefault(name) ?? inner?.Properties.GetValueOrDefault(name);
            if (told is not null && told == board.GetValueOrDefault(name))
            {
                continue;
            }

            if (canBeSet && (told is null || usual is null || told != Plain(usual)))
            {
                yield return new Wanted(device, name, type, usual);
            }
        }
    }

    // A list has a type of its own in QMP; what is a number, a size or a switch is written small.
    private static bool IsList(string type) => type.Length > 0 && (char.IsAsciiLetterUpper(type[0]) || type == "list");

    private static KeyValuePair<string, JsonNode>? Expressed(Wanted wanted, JsonNode? value, Dictionary<string, string> board)
    {
        if (value is null || (wanted.Default is not null && JsonNode.DeepEquals(value, wanted.Default)) || board.GetValueOrDefault(wanted.Name) == Plain(value))
        {
            return null;
        }

        string? text = value.AsText();
        if (wanted.Name == "addr" && wanted.Default is JsonValue none && none.TryGetValue(out int unset) && unset == -1)
        {
            // A PCI device's place comes as one number and is given as slot and function.
            return value is JsonValue number && number.TryGetValue(out int place)
                ? new(wanted.Name, JsonValue.Create(string.Create(CultureInfo.InvariantCulture, $"{place >> 3:x2}.{place & 7:x}")))
                : new(wanted.Name, value);
        }

        return wanted.Name switch
        {
            // The model's own ROM is found without being named, and is then fitted to the device. None at all must be said.
            "romfile" when text is not null && IsUsualRom(text) => null,
            "romfile" => new(wanted.Name, value),
            "bootindex" when value is JsonValue index && index.TryGetValue(out int unused) && unused < 0 => null,
            _ when wanted.Default is null && text is { Length: 0 } => null,
            _ when wanted.Default is null && value is JsonArray { Count: 0 } => null,
            _ when wanted.Type.StartsWith("link<", StringComparison.Ordinal) && text is not null => new(wanted.Name, JsonValue.Create(text[(text.LastIndexOf('/') + 1)..])),
            _ => new(wanted.Name, value),
        };
    }

    private static bool IsUsualRom(string file) =>
        !file.Contains('/', StringComparison.Ordinal)
        && (file.StartsWith("efi-", StringComparison.Ordinal) || file.StartsWith("pxe-", StringComparison.Ordinal) || file.StartsWith("vgabios", StringComparison.Ordinal));

    private static string Plain(JsonNode value) => value.AsText() ?? value.ToJsonString();
}
