using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Savevm.Cli.Output;

/// <summary>
/// Writes one JSON object on one line: snake_case names, bytes as whole numbers, times as milliseconds. The names are a promise
/// (<c>docs/cli-json.md</c>): fields may be added, never renamed.
/// </summary>
public static class JsonText
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Lets <paramref name="fill"/> write the fields of an object and returns its text.</summary>
    public static string Line(Action<Utf8JsonWriter> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Options))
        {
            writer.WriteStartObject();
            fill(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>A time as a number of milliseconds with microseconds behind the point; null stays null.</summary>
    public static void WriteMilliseconds(this Utf8JsonWriter writer, string name, TimeSpan? time)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (time is { } value)
        {
            writer.WriteNumber(name, Math.Round(value.TotalMilliseconds, 3));
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <summary>A whole number; null stays null.</summary>
    public static void WriteWhole(this Utf8JsonWriter writer, string name, long? number)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <summary>A list of sentences.</summary>
    public static void WriteStrings(this Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(values);
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    /// <summary>An object whose names are data: tags, sockets.</summary>
    public static void WriteMap(this Utf8JsonWriter writer, string name, IEnumerable<KeyValuePair<string, string>> map)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(map);
        writer.WriteStartObject(name);
        foreach ((string key, string value) in map)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }
}
