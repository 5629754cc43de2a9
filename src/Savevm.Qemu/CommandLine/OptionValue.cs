using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// The argument of an option that consists of properties: <c>socket,id=c0,path=/a,,b,server=on</c> or, for some options, a JSON
/// object. What is not touched comes out as it went in.
/// </summary>
/// <remarks>
/// A comma in a value is written twice. The first property may leave its name out (the implied one), later ones may leave their
/// value out: <c>server</c> is <c>server=on</c> and <c>nowait</c> is <c>wait=off</c>.
/// </remarks>
public sealed class OptionValue
{
    private readonly List<Property> _properties = [];
    private readonly string _implied;
    private readonly JsonObject? _json;

    private OptionValue(string implied, JsonObject? json)
    {
        _implied = implied;
        _json = json;
    }

    private readonly record struct Property(string Name, string Value, string Raw);

    /// <summary>It is written as a JSON object.</summary>
    public bool IsJson => _json is not null;

    /// <summary>The JSON object it is written as; null otherwise.</summary>
    internal JsonObject? Json => _json;

    /// <summary>Takes an argument apart.</summary>
    /// <param name="text">The argument.</param>
    /// <param name="implied">The name of the property that may stand first without its name, such as <c>driver</c>.</param>
    /// <exception cref="CommandLineRefusedException">It begins like JSON and is none.</exception>
    public static OptionValue Parse(string text, string implied)
    {
        if (text.StartsWith('{'))
        {
            return CheckedJson.TryParse(Encoding.UTF8.GetBytes(text), out var json, out string? defect)
                ? new OptionValue(implied, json)
                : throw new CommandLineRefusedException($"the argument {text} is no JSON: {defect}", []);
        }

        var value = new OptionValue(implied, null);
        int index = 0;
        foreach (string raw in Split(text))
        {
            value._properties.Add(Take(raw, index++ == 0 ? implied : null));
        }

        return value;
    }

    /// <summary>The names that occur, in order.</summary>
    public IEnumerable<string> Names => _json is null ? _properties.Select(property => property.Name) : _json.Select(member => member.Key);

    /// <summary>The value of a property (the last one counts), as text; null where it does not occur.</summary>
    public string? Text(string name)
    {
        if (_json is not null)
        {
            return _json.TryGetPropertyValue(name, out var node) && node is JsonValue
                ? node.GetValueKind() switch
                {
                    JsonValueKind.String => node.GetValue<string>(),
                    JsonValueKind.True => "on",
                    JsonValueKind.False => "off",
                    _ => node.ToJsonString(),
                }
                : null;
        }

        int index = _properties.FindLastIndex(property => property.Name == name);
        return index < 0 ? null : _properties[index].Value;
    }

    /// <summary>Whether a property is on.</summary>
    public bool IsOn(string name) => Text(name) is "on" or "yes" or "true" or "y";

    /// <summary>Sets a property: in the place of its last occurrence, or at the end.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value; <c>on</c> and <c>off</c> become booleans in JSON.</param>
    public void Set(string name, string value)
    {
        if (_json is not null)
        {
            _json[name] = value switch { "on" => true, "off" => false, _ => value };
            return;
        }

        int index = _properties.FindLastIndex(property => property.Name == name);
        bool leaveOutName = index == 0 && name == _implied && !_properties[0].Raw.StartsWith(name + "=", StringComparison.Ordinal);
        var changed = new Property(name, value, leaveOutName ? Escape(value) : $"{name}={Escape(value)}");
        if (index < 0)
        {
            Append(changed);
        }
        else
        {
            _properties[index] = changed;
        }
    }

    /// <summary>Sets a size or another number.</summary>
    public void Set(string name, long value)
    {
        if (_json is not null)
        {
            _json[name] = value;
            return;
        }

        Set(name, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Adds a property at the end, beside others of its name. Not for JSON.</summary>
    internal void Add(string name, string value) => Append(new Property(name, value, $"{name}={Escape(value)}"));

    /// <summary>Replaces the values of a property that may occur many times, each by what <paramref name="change"/> makes of it.</summary>
    public void Change(string name, Func<string, string> change)
    {
        if (_json is not null)
        {
            ChangeJson(_json, name, change);
            return;
        }

        for (int i = 0; i < _properties.Count; i++)
        {
            if (_properties[i].Name == name)
            {
                string value = change(_properties[i].Value);
                _properties[i] = new Property(name, value, $"{name}={Escape(value)}");
            }
        }
    }

    /// <summary>Takes properties out, all occurrences of each.</summary>
    public void Remove(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _json?.Remove(name);
            _properties.RemoveAll(property => property.Name == name);
        }
    }

    /// <summary>The argument as QEMU wants it.</summary>
    public override string ToString()
    {
        if (_json is not null)
        {
            return PlainJson.Text(_json);
        }

        return string.Join(',', _properties.Select(property => property.Raw));
    }

    /// <summary>A text as the value of a property: commas doubled.</summary>
    internal static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    // A list of {"str": "…"}, the form in which such lists are written in JSON.
    private static void ChangeJson(JsonObject json, string name, Func<string, string> change)
    {
        if (json[name] is JsonValue && json[name]!.GetValueKind() == JsonValueKind.String)
        {
            json[name] = change(json[name]!.GetValue<string>());
        }

        if (json[name] is not JsonArray list)
        {
            return;
        }

        foreach (var item in list.OfType<JsonObject>())
        {
            if (item["str"] is JsonValue text && text.GetValueKind() == JsonValueKind.String)
            {
                item["str"] = change(text.GetValue<string>());
            }
        }
    }

    // QEMU takes a comma at the end. Behind it a further one would make the two that stand for a comma within the last value.
    private void Append(Property property)
    {
        if (_properties.Count > 1 && _properties[^1].Raw.Length == 0)
        {
            _properties.RemoveAt(_properties.Count - 1);
        }

        _properties.Add(property);
    }

    private static Property Take(string raw, string? implied)
    {
        int equals = raw.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            return new Property(raw[..equals], Unescape(raw[(equals + 1)..]), raw);
        }

        string text = Unescape(raw);
        if (implied is not null)
        {
            return new Property(implied, text, raw);
        }

        return text.StartsWith("no", StringComparison.Ordinal) && text.Length > 2 && text is not ("node" or "notify" or "nodelay")
            ? new Property(text[2..], "off", raw)
            : new Property(text, "on", raw);
    }

    private static string Unescape(string value) => value.Replace(",,", ",", StringComparison.Ordinal);

    private static IEnumerable<string> Split(string text)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        var part = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != ',')
            {
                part.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == ',')
            {
                part.Append(",,");
                i++;
            }
            else
            {
                yield return part.ToString();
                part.Clear();
            }
        }

        yield return part.ToString();
    }
}
