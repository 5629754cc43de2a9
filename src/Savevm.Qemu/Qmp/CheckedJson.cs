using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Savevm.Qemu.Qmp;

/// <summary>
/// JSON objects that others wrote: messages of a monitor, options of a command line. The parser looks into a text, and at the members of an
/// object, only when somebody asks for them. Whoever asks is far away by then and knows nothing of a writer of garbage; so all of it is
/// looked at here.
/// </summary>
internal static class CheckedJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Takes an object apart.</summary>
    /// <param name="text">The object in UTF-8.</param>
    /// <param name="found">The object; nothing in it throws when it is read.</param>
    /// <param name="defect">Why it is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out JsonObject? found, [NotNullWhen(false)] out string? defect)
    {
        found = null;
        defect = null;
        if (!Utf8.IsValid(text))
        {
            defect = "it is not UTF-8";
            return false;
        }

        try
        {
            found = JsonNode.Parse(text, documentOptions: Strict) as JsonObject;
            defect = found is null ? "it is not an object" : null;
            if (found is not null && (text.IndexOf("\\ud"u8) >= 0 || text.IndexOf("\\uD"u8) >= 0))
            {
                ReadAllTexts(found);
            }
        }
        catch (JsonException bad)
        {
            defect = bad.Message;
        }
        catch (InvalidOperationException)
        {
            defect = "a text in it is not Unicode";
        }

        found = defect is null ? found : null;
        return defect is null;
    }

    private static void ReadAllTexts(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var (_, member) in members)
            {
                ReadAllTexts(member);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                ReadAllTexts(item);
            }
        }
        else if (node is JsonValue value)
        {
            _ = value.TryGetValue(out string? _);
        }
    }
}
