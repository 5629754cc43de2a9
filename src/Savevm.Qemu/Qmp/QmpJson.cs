using System.Text.Json.Nodes;

namespace Savevm.Qemu.Qmp;

/// <summary>Reads members of QMP answers without trusting their kind: what is missing or of another kind is null or zero.</summary>
internal static class QmpJson
{
    public static JsonNode? Member(this JsonNode? node, string name) =>
        node is JsonObject members && members.TryGetPropertyValue(name, out var value) ? value : null;

    public static string? AsText(this JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static string? Text(this JsonNode? node, string name) => node.Member(name).AsText();

    public static long Number(this JsonNode? node, string name) => node.NumberOrNull(name) ?? 0;

    public static long? NumberOrNull(this JsonNode? node, string name)
    {
        if (node.Member(name) is not JsonValue value)
        {
            return null;
        }

        if (value.TryGetValue(out long number))
        {
            return number;
        }

        // QEMU writes sizes as unsigned 64-bit numbers; one above the signed range is clamped, not wrapped.
        if (value.TryGetValue(out ulong _))
        {
            return long.MaxValue;
        }

        return value.TryGetValue(out double real) && double.IsFinite(real) ? (long)real : null;
    }

    public static double Real(this JsonNode? node, string name) =>
        node.Member(name) is JsonValue value && value.TryGetValue(out double number) ? number : 0;

    public static bool Flag(this JsonNode? node, string name) =>
        node.Member(name) is JsonValue value && value.TryGetValue(out bool flag) && flag;

    public static IEnumerable<JsonNode> Items(this JsonNode? node) =>
        node is JsonArray array ? array.Where(item => item is not null).Select(item => item!) : [];
}
