using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Savevm.Qemu.Qmp;

/// <summary>
/// One message of a monitor. The parser looks into a text, and at the members of an object, only when somebody asks for them. Whoever asks
/// is far away from the connection by then and knows nothing of a monitor that sends garbage; so all of it is looked at here.
/// </summary>
internal static class QmpMessage
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Takes a message apart.</summary>
    /// <param name="line">The message without the end of its line.</param>
    /// <param name="message">The message; nothing in it throws when it is read.</param>
    /// <param name="defect">Why it is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out JsonObject? message, [NotNullWhen(false)] out string? defect)
    {
        message = null;
        defect = null;
        if (!Utf8.IsValid(line))
        {
            defect = "it is not UTF-8";
            return false;
        }

        try
        {
            message = JsonNode.Parse(line, documentOptions: Strict) as JsonObject;
            defect = message is null ? "it is not an object" : null;
            if (message is not null && (line.IndexOf("\\ud"u8) >= 0 || line.IndexOf("\\uD"u8) >= 0))
            {
                ReadAllTexts(message);
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

        message = defect is null ? message : null;
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
