using System.Globalization;
using System.Text;

namespace Savevm.VMState.Saving;

/// <summary>
/// Writes JSON as QEMU's writer does: a comma and a blank between members, a colon and a blank behind keys, no line ends. Duplicate keys
/// are possible and meant: QEMU repeats them for the elements of containers.
/// </summary>
internal sealed class DescriptionText
{
    private readonly StringBuilder _text = new();
    private bool _needsComma;

    /// <summary>The text: printable ASCII.</summary>
    internal string Text => _text.ToString();

    internal void StartObject(string? key = null) => Open('{', key);

    internal void EndObject() => Close('}');

    internal void StartArray(string key) => Open('[', key);

    internal void EndArray() => Close(']');

    internal void Member(string key, string value)
    {
        Key(key);
        Quote(value);
        _needsComma = true;
    }

    internal void Member(string key, long value)
    {
        Key(key);
        _text.Append(CultureInfo.InvariantCulture, $"{value}");
        _needsComma = true;
    }

    private void Open(char bracket, string? key)
    {
        Key(key);
        _text.Append(bracket);
        _needsComma = false;
    }

    private void Close(char bracket)
    {
        _text.Append(bracket);
        _needsComma = true;
    }

    private void Key(string? key)
    {
        if (_needsComma)
            _text.Append(", ");
        if (key is null)
            return;
        Quote(key);
        _text.Append(": ");
    }

    private void Quote(string value)
    {
        _text.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\')
                _text.Append('\\');
            _text.Append(c);
        }
        _text.Append('"');
    }
}
