using System.Text.Json.Nodes;

namespace Savevm.Interop.Forms.Words;

/// <summary>A device or a field of one, as <c>inspect --json</c> tells it.</summary>
internal sealed class DecodedField(JsonNode node)
{
    /// <summary>The name; of a device, that of its section.</summary>
    public string Name => (string)node["name"]!;

    public ulong InstanceId => (ulong)node["instance_id"]!;

    /// <summary>How many fields it has.</summary>
    public int Count => Fields.Count();

    private IEnumerable<DecodedField> Fields => (node["fields"] as JsonArray ?? []).Select(below => new DecodedField(below!));

    /// <summary>The field below it that has these names, one in the other; in between there may be others.</summary>
    public DecodedField this[params ReadOnlySpan<string> names]
    {
        get
        {
            DecodedField at = this;
            foreach (string name in names)
            {
                at = at.Find(name) ?? throw new KeyNotFoundException($"{Name} has no {name}");
            }

            return at;
        }
    }

    /// <summary>The nearest field of this name, or null.</summary>
    public DecodedField? Find(string name)
    {
        for (List<DecodedField> level = [.. Fields]; level.Count > 0; level = [.. level.SelectMany(field => field.Fields)])
        {
            if (level.Find(field => field.Name == name) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The number; of an array one of its numbers; of a truth 1 or 0.</summary>
    public ulong Number(int index = 0)
    {
        JsonNode value = node["value"] is JsonArray array ? array[index]! : node["value"]!;
        return value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.True => 1,
            System.Text.Json.JsonValueKind.False => 0,
            _ => value.AsValue().TryGetValue(out ulong number) ? number : unchecked((ulong)(long)value),
        };
    }

    /// <summary>The number at the end of these names.</summary>
    public ulong Number(params ReadOnlySpan<string> names) => this[names].Number();

    /// <summary>Bytes in hexadecimal.</summary>
    public byte[] Bytes() => Convert.FromHexString((string)node["value"]!);

    /// <summary>The readable form of this path; empty where there is none.</summary>
    public string Shown(string path) => (string?)node["shown"]?[path] ?? string.Empty;

    /// <summary>The path below which the readable form of a PCI configuration is, or null.</summary>
    public string? ConfigurationPath() => (node["shown"] as JsonObject ?? [])
        .Select(row => row.Key).Where(path => path.EndsWith("/id", StringComparison.Ordinal)).Select(path => path[..^"/id".Length]).FirstOrDefault();
}
