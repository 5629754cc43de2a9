using System.Globalization;
using System.Text.Json;
using Savevm.Machine;

namespace Savevm.Repository.Snapshots;

/// <summary>Reads members of a JSON object that should be there. Every failure names the member.</summary>
/// <param name="element">The object.</param>
/// <param name="path">Where it stands in the manifest, for messages.</param>
internal readonly struct ManifestFields(JsonElement element, string path)
{
    internal JsonElement Element(string name, JsonValueKind kind) =>
        TryGet(name, out var value) && value.ValueKind == kind ? value : throw Wrong(name, $"should be {Describe(kind)}");

    internal ManifestFields Object(string name) => new(Element(name, JsonValueKind.Object), PathOf(name));

    internal ManifestFields? OptionalObject(string name) => TryGet(name, out _) ? Object(name) : null;

    internal string Text(string name, int maximumLength)
    {
        var text = Element(name, JsonValueKind.String).GetString()!;
        return text.Length <= maximumLength ? text : throw Wrong(name, $"is longer than {maximumLength} characters");
    }

    internal string? OptionalText(string name, int maximumLength) => TryGet(name, out _) ? Text(name, maximumLength) : null;

    internal long Integer(string name, long minimum, long maximum)
    {
        if (!Element(name, JsonValueKind.Number).TryGetInt64(out var value) || value < minimum || value > maximum)
            throw Wrong(name, $"should be an integer from {minimum} to {maximum}");
        return value;
    }

    internal bool Flag(string name)
    {
        if (!TryGet(name, out var value)) return false;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "should be true or false");
    }

    internal ulong Checksum(string name)
    {
        var text = Text(name, 16);
        return text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Wrong(name, "should be 16 hexadecimal digits");
    }

    /// <summary>The member must be exactly this text.</summary>
    internal void Expect(string name, string text)
    {
        if (Text(name, 1024) != text) throw Wrong(name, $"should be {text}");
    }

    /// <summary>The elements of an array, each an object; the count is checked before anything is made of them.</summary>
    internal List<ManifestFields> Objects(string name, int maximumCount)
    {
        var array = Element(name, JsonValueKind.Array);
        if (array.GetArrayLength() > maximumCount) throw Wrong(name, $"has more than {maximumCount} elements");
        var result = new List<ManifestFields>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            var itemPath = $"{PathOf(name)}[{result.Count}]";
            if (item.ValueKind != JsonValueKind.Object) throw new DamagedStateException(SnapshotFiles.Manifest, -1, $"{itemPath} should be an object");
            result.Add(new ManifestFields(item, itemPath));
        }
        return result;
    }

    internal List<string> Texts(string name)
    {
        var result = new List<string>();
        foreach (var item in Element(name, JsonValueKind.Array).EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String) throw Wrong(name, "should be an array of strings");
            result.Add(item.GetString()!);
        }
        return result;
    }

    internal Dictionary<string, string> TextMap(string name)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in Element(name, JsonValueKind.Object).EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.String) throw Wrong(name, "should hold strings");
            result[member.Name] = member.Value.GetString()!;
        }
        return result;
    }

    internal byte[] HexBytes(string name, int maximumBytes)
    {
        try
        {
            return Convert.FromHexString(Text(name, 2 * maximumBytes));
        }
        catch (FormatException)
        {
            throw Wrong(name, "should be hexadecimal digits");
        }
    }

    internal DamagedStateException Wrong(string name, string reason) => new(SnapshotFiles.Manifest, -1, $"{PathOf(name)} {reason}");

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private bool TryGet(string name, out JsonElement value) => element.TryGetProperty(name, out value);

    private static string Describe(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        _ => "a number",
    };
}
