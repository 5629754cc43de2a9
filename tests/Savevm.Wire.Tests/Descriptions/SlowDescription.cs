using System.Text.Json;

namespace Savevm.Wire.Tests.Descriptions;

/// <summary>
/// A second reader of descriptions, written from the specification alone, over a general JSON document. Slow and obvious; it gives one line
/// for each field and subsection, and the real reader must give the same.
/// </summary>
internal static class SlowDescription
{
    internal static List<string> Lines(byte[] json)
    {
        var lines = new List<string>();
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.TryGetProperty("configuration", out JsonElement configuration))
            WalkStruct(configuration, "configuration", 0, lines);
        foreach (JsonElement device in document.RootElement.GetProperty("devices").EnumerateArray())
        {
            string name = $"{device.GetProperty("name").GetString()}#{device.GetProperty("instance_id").GetUInt32()}";
            long bytes = StructBytes(device);
            lines.Add($"device {name} {bytes}");
            WalkStruct(device, name, 0, lines);
        }
        return lines;
    }

    private static void WalkStruct(JsonElement structure, string path, long at, List<string> lines)
    {
        foreach (JsonElement field in Items(structure, "fields"))
        {
            string name = $"{path}.{field.GetProperty("name").GetString()}";
            string type = field.GetProperty("type").GetString()!;
            long size = field.GetProperty("size").GetInt64();
            string length = field.TryGetProperty("array_len", out JsonElement count) ? $" x{count.GetInt64()}" : "";
            string index = field.TryGetProperty("index", out JsonElement number) ? $" [{number.GetInt64()}]" : "";
            lines.Add($"{name} {type} {size}{length}{index} at {at}");
            WalkNested(field, type, size, name, at, lines);
            at += size * Count(field);
        }
        foreach (JsonElement subsection in Items(structure, "subsections"))
        {
            string name = subsection.GetProperty("vmsd_name").GetString()!;
            lines.Add($"{path} subsection {name} v{subsection.GetProperty("version").GetUInt32()} {SubsectionBytes(subsection)} at {at}");
            WalkStruct(subsection, name, at + 1 + 1 + name.Length + 4, lines);
            at += SubsectionBytes(subsection);
        }
    }

    private static void WalkNested(JsonElement field, string type, long size, string path, long at, List<string> lines)
    {
        List<Piece> pieces = Nested(field);
        if (pieces.Count == 0)
            return;
        bool isList = type is "qtailq" or "qlist";
        bool isTree = type == "gtree";
        long sum = pieces.Sum(piece => piece.Bytes);
        bool hasDirectKeys = isTree && size == 4 + sum + (9 * pieces.Count) + 1;
        bool isKnown = isList ? size == sum + pieces.Count + 1
            : isTree ? hasDirectKeys || (pieces.Count % 2 == 0 && size == 4 + sum + (pieces.Count / 2) + 1)
            : size == sum && pieces.Count == 1;
        if (isTree)
            at += 4;
        for (int i = 0; i < pieces.Count; i++)
        {
            if (isList || hasDirectKeys || (isTree && i % 2 == 0))
                at++;
            if (hasDirectKeys)
                at += 8;
            pieces[i].Walk($"{path}{{{i}}}", isKnown ? at : long.MinValue, lines);
            at += pieces[i].Bytes;
        }
    }

    /// <summary>The structures of a field: under one key, or spread over the field's own keys, repeated for each element.</summary>
    private static List<Piece> Nested(JsonElement field)
    {
        var pieces = new List<Piece>();
        foreach (JsonProperty property in field.EnumerateObject())
        {
            if (property.Name == "struct")
                pieces.Add(new Piece { Fields = Items(property.Value, "fields"), Subsections = Items(property.Value, "subsections") });
            else if (property.Name == "vmsd_name")
                pieces.Add(new Piece());
            else if (property.Name == "fields")
                pieces[^1].Fields = [.. property.Value.EnumerateArray()];
            else if (property.Name == "subsections")
                pieces[^1].Subsections = [.. property.Value.EnumerateArray()];
        }
        return pieces;
    }

    private static JsonElement[] Items(JsonElement structure, string key) =>
        structure.TryGetProperty(key, out JsonElement items) ? [.. items.EnumerateArray()] : [];

    private static long Count(JsonElement field) => field.TryGetProperty("array_len", out JsonElement count) ? count.GetInt64() : 1;

    private static long StructBytes(JsonElement structure) => FieldBytes(Items(structure, "fields")) + Items(structure, "subsections").Sum(SubsectionBytes);

    private static long FieldBytes(JsonElement[] fields) => fields.Sum(field => field.GetProperty("size").GetInt64() * Count(field));

    private static long SubsectionBytes(JsonElement subsection) =>
        1 + 1 + subsection.GetProperty("vmsd_name").GetString()!.Length + 4 + StructBytes(subsection);

    private sealed class Piece
    {
        internal JsonElement[] Fields { get; set; } = [];

        internal JsonElement[] Subsections { get; set; } = [];

        internal long Bytes => FieldBytes(Fields) + Subsections.Sum(SubsectionBytes);

        internal void Walk(string path, long at, List<string> lines)
        {
            // A structure of its own, as one property: the walk above needs nothing else.
            string json = $$"""{"fields": [{{string.Join(',', Fields)}}], "subsections": [{{string.Join(',', Subsections)}}]}""";
            using var document = JsonDocument.Parse(json);
            var inner = new List<string>();
            WalkStruct(document.RootElement, path, at < 0 ? 0 : at, inner);
            lines.AddRange(at < 0 ? inner.Select(line => line[..line.LastIndexOf(" at ", StringComparison.Ordinal)] + " at nowhere") : inner);
        }
    }
}
