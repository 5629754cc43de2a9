namespace Savevm.Cli.Values;

/// <summary>Words as a shell would have to be given them.</summary>
public static class ShellText
{
    private const string Harmless = "_-.,:/=+@%^";

    /// <summary>The word itself, or in single quotes where a shell would make something else of it.</summary>
    public static string Quote(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || Harmless.Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
