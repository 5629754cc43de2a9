using System.Text.Json.Nodes;

namespace Savevm.Recorded;

/// <summary>Reads the free parts of a manifest. What is absent or of another kind counts as not recorded: fields may come and go.</summary>
internal static class RecordedJson
{
    public static string? Text(JsonObject from, string name) =>
        from.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Number(JsonObject from, string name) =>
        from.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    public static bool Flag(JsonObject from, string name) =>
        from.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public static IReadOnlyList<string> Texts(JsonObject from, string name) =>
        from.TryGetPropertyValue(name, out var node) && node is JsonArray array
            ? [.. array.OfType<JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : null).OfType<string>()]
            : [];

    public static IReadOnlyDictionary<string, string> TextMap(JsonObject from, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!from.TryGetPropertyValue(name, out var node) || node is not JsonObject members) return map;
        foreach (var (key, value) in members)
        {
            if (value is JsonValue item && item.TryGetValue<string>(out var text)) map[key] = text;
        }
        return map;
    }

    public static JsonArray Array(IEnumerable<string> texts)
    {
        var array = new JsonArray();
        foreach (var text in texts) array.Add((JsonNode)text);
        return array;
    }

    public static JsonObject Map(IReadOnlyDictionary<string, string> map)
    {
        var members = new JsonObject();
        foreach (var (key, value) in map) members[key] = value;
        return members;
    }
}
