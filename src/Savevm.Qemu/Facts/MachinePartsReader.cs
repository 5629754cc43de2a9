using System.Text.Json.Nodes;
using Savevm.Qemu.CommandLine.Correction;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Facts;

/// <summary>
/// Asks a live QEMU what it consists of: two writes, and two more where something was plugged in while it ran. Leniently: what one release
/// lacks stays empty.
/// </summary>
internal static class MachinePartsReader
{
    private const string Peripherals = "/machine/peripheral";
    private const string Anonymous = "/machine/peripheral-anon";

    private static readonly QmpCommand[] Questions =
    [
        List(Peripherals),
        List(Anonymous),
        List("/objects"),
        List("/chardevs"),
        Monitor("info qtree"),
        Monitor("info network"),
        Monitor("info ramblock"),
        new("query-chardev"),
        new("query-memory-devices"),
    ];

    /// <param name="client">The monitor.</param>
    /// <param name="process">The process, as far as it is known: what its command line made need not be asked for its options.</param>
    /// <param name="processors">The answer to <c>query-cpus-fast</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<MachinePartsFact> ReadAsync(
        QmpClient client, HostProcessFact? process, JsonNode? processors, CancellationToken cancellationToken)
    {
        var answers = await client.ExecuteEachAsync(Questions, cancellationToken).ConfigureAwait(false);
        var devices = Children(answers[0].Answer, Peripherals).Concat(Children(answers[1].Answer, Anonymous)).ToList();
        LiveObjectFact[] objects = [.. Children(answers[2].Answer, "/objects").Select(child => new LiveObjectFact(child.Name, child.Type))];
        var places = DeviceTreeText.Parse(answers[4].Answer.AsText() ?? string.Empty);
        var known = StartedCommandLine.Read(process)?.Ids("object", "qom-type") ?? [.. objects.Select(item => item.Id)];
        var (plugged, cpuType, words) = await ReadDevicesAsync(client, devices, processors, cancellationToken).ConfigureAwait(false);
        return new MachinePartsFact
        {
            Devices = await PluggedDeviceReader.CompleteAsync(client, plugged, places, cancellationToken).ConfigureAwait(false),
            Places = places,
            Objects = await CompleteAsync(client, objects, known, cancellationToken).ConfigureAwait(false),
            CharacterDevices = CharacterDevices(answers[7].Answer, answers[3].Answer),
            NetworkBackends = NetworkBackendText.Parse(answers[5].Answer.AsText() ?? string.Empty),
            RamBlocks = RamBlockText.Parse(answers[6].Answer.AsText() ?? string.Empty),
            MemoryDevices = [.. answers[8].Answer.Items().Select(MemoryDevice).OfType<MemoryDeviceFact>()],
            CpuType = cpuType,
            CpuFeatureWords = words,

            // Machines without memory modules refuse the last question; nothing follows from that.
            IsComplete = answers.AsSpan(0, 8).ToArray().All(answer => answer.Refusal is null),
        };
    }

    internal static QmpCommand Get(string path, string property) => new("qom-get", new JsonObject { ["path"] = path, ["property"] = property });

    internal static QmpCommand List(string path) => new("qom-list", new JsonObject { ["path"] = path });

    internal static QmpCommand Monitor(string line) => new("human-monitor-command", new JsonObject { ["command-line"] = line });

    /// <summary>The objects directly below a path, with their types.</summary>
    private static IEnumerable<(string Path, string Name, string Type)> Children(JsonNode? answer, string path)
    {
        const string Child = "child<";
        foreach (var item in answer.Items())
        {
            if (item.Text("name") is { } name && item.Text("type") is { } type && type.StartsWith(Child, StringComparison.Ordinal))
            {
                yield return ($"{path}/{name}", name, type[Child.Length..^1]);
            }
        }
    }

    private static async Task<(List<PluggedDeviceFact> Devices, string? CpuType, IReadOnlyList<string> Words)> ReadDevicesAsync(
        QmpClient client, List<(string Path, string Name, string Type)> devices, JsonNode? processors, CancellationToken cancellationToken)
    {
        string? processor = processors.Items().FirstOrDefault().Text("qom-path");
        QmpCommand[] questions =
        [
            .. devices.Select(device => Get(device.Path, "hotplugged")),
            .. processor is null ? Array.Empty<QmpCommand>() : [Get(processor, "type"), Get(processor, "feature-words")],
        ];
        var answers = await client.ExecuteEachAsync(questions, cancellationToken).ConfigureAwait(false);
        var plugged = devices.Select((device, index) => new PluggedDeviceFact(
            device.Path,
            device.Path.StartsWith(Anonymous, StringComparison.Ordinal) ? null : device.Name,
            device.Type,
            answers[index].Answer is JsonValue value && value.TryGetValue(out bool isHot) && isHot)).ToList();
        return processor is null
            ? (plugged, null, [])
            : (plugged, answers[^2].Answer.AsText(), [.. answers[^1].Answer.Items().Select(FeatureWord).OfType<string>().Order(StringComparer.Ordinal)]);
    }

    private static async Task<IReadOnlyList<LiveObjectFact>> CompleteAsync(
        QmpClient client, LiveObjectFact[] objects, HashSet<string> known, CancellationToken cancellationToken)
    {
        var wanted = objects.Where(item => !known.Contains(item.Id))
            .SelectMany(item => ObjectPropertyTable.Of(item.Type).Select(property => (item.Id, property.Key, Default: property.Value))).ToList();
        if (wanted.Count == 0)
        {
            return objects;
        }

        var answers = await client.ExecuteEachAsync([.. wanted.Select(item => Get("/objects/" + item.Id, item.Key))], cancellationToken).ConfigureAwait(false);
        var values = wanted.Zip(answers)
            .Where(pair => pair.Second.Answer is { } value && (pair.First.Default is null || value.ToJsonString() != pair.First.Default))
            .ToLookup(pair => pair.First.Id, pair => new KeyValuePair<string, JsonNode>(pair.First.Key, pair.Second.Answer!), StringComparer.Ordinal);
        return [.. objects.Select(item => item with { Properties = new Dictionary<string, JsonNode>(values[item.Id], StringComparer.Ordinal) })];
    }

    private static IReadOnlyList<CharacterDeviceFact> CharacterDevices(JsonNode? answer, JsonNode? objects)
    {
        const string Kind = "chardev-";
        var kinds = Children(objects, "/chardevs").ToDictionary(
            child => child.Name, child => child.Type.StartsWith(Kind, StringComparison.Ordinal) ? child.Type[Kind.Length..] : child.Type, StringComparer.Ordinal);
        return
        [
            .. answer.Items().Where(item => item.Text("label") is not null)
                .Select(item => new CharacterDeviceFact(item.Text("label")!, kinds.GetValueOrDefault(item.Text("label")!), item.Text("filename") ?? string.Empty)),
        ];
    }

    private static MemoryDeviceFact? MemoryDevice(JsonNode item)
    {
        var data = item.Member("data");
        string? backend = data.Text("memdev");
        return item.Text("type") is not { } kind || backend is null ? null : new MemoryDeviceFact(
            data.Text("id"),
            kind,
            data.NumberOrNull("slot"),
            data.NumberOrNull("addr") ?? data.Number("memaddr"),
            data.Number("size"),
            backend[(backend.LastIndexOf('/') + 1)..]);
    }

    // Which CPUID leaf, which of its registers, what is in it.
    private static string? FeatureWord(JsonNode item) => item.Text("cpuid-register") is not { } register ? null : item.NumberOrNull("cpuid-input-ecx") is { } index
        ? FormattableString.Invariant($"{item.Number("cpuid-input-eax"):x8}:{index}.{register}={item.Number("features"):x8}")
        : FormattableString.Invariant($"{item.Number("cpuid-input-eax"):x8}.{register}={item.Number("features"):x8}");
}
