using System.Globalization;
using System.Text;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>Reads the words of one line of a baseline. It takes one blank between words and none anywhere else.</summary>
internal sealed class BaselineLine(string text, int number)
{
    private int _at;

    internal bool IsEnd => _at == text.Length;

    internal static int Depth(string text) => (text.Length - text.TrimStart(' ').Length) / 2;

    internal FormatException Error(string expected) =>
        new($"line {(number + 1).ToString(CultureInfo.InvariantCulture)}, column {(_at + 1).ToString(CultureInfo.InvariantCulture)}: expected {expected}");

    internal void Indent(int depth)
    {
        for (; _at < 2 * depth; _at++)
        {
            if (_at >= text.Length || text[_at] != ' ')
                throw Error($"{(2 * depth).ToString(CultureInfo.InvariantCulture)} blanks before the first word");
        }
        if (_at < text.Length && text[_at] == ' ')
            throw Error("a word and no more blanks");
    }

    /// <summary>Takes a word if it is this one.</summary>
    internal bool Take(string word)
    {
        if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0)
            return false;
        _at += word.Length;
        return true;
    }

    internal void Expect(string word)
    {
        if (!Take(word))
            throw Error($"'{word}'");
    }

    internal void ExpectEnd()
    {
        if (!IsEnd)
            throw Error("the end of the line");
    }

    internal uint Number()
    {
        int start = _at;
        while (!IsEnd && text[_at] is >= '0' and <= '9')
            _at++;
        if (uint.TryParse(text.Substring(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
            return value;
        _at = start;
        throw Error("a number");
    }

    /// <summary>A name in the language, perhaps of several parts.</summary>
    internal string Word(string what)
    {
        int start = _at;
        while (!IsEnd && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '.' or '@'))
            _at++;
        return _at > start ? text.Substring(start, _at - start) : throw Error(what);
    }

    internal string Quoted(string what)
    {
        if (IsEnd || text[_at] != '"')
            throw Error($"{what} in quotes");
        var value = new StringBuilder();
        for (_at++; !IsEnd; _at++)
        {
            if (text[_at] == '"')
            {
                _at++;
                return value.ToString();
            }
            if (text[_at] == '\\' && ++_at == text.Length)
                break;
            value.Append(text[_at]);
        }
        throw Error("a quote that ends the name");
    }

    internal FieldForm Form()
    {
        string kind = Word("the form of the field");
        var arguments = new List<string>();
        if (Take("("))
        {
            do
                arguments.Add(Argument());
            while (Take(","));
            Expect(")");
        }
        string? count = null;
        if (Take("["))
        {
            int start = _at;
            if (!IsEnd && text[_at] == '"')
                Quoted("the name of a field");
            else
                Number();
            count = text.Substring(start, _at - start);
            Expect("]");
        }
        return new FieldForm(kind, arguments, count);
    }

    // Kept as it stands: only the form as a whole has a meaning.
    private string Argument()
    {
        int start = _at;
        while (!IsEnd && text[_at] is not (',' or ')' or ' '))
        {
            if (text[_at] == '"')
                Quoted("a name");
            else
                _at++;
        }
        return _at > start ? text.Substring(start, _at - start) : throw Error("a word in brackets");
    }
}
