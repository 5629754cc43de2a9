using System.Text.RegularExpressions;

namespace Savevm.Tidy;

/// <summary>
/// The house rules that a C# file can break. A check is a pure function of the file's path and text, so that its own tests can show it
/// files that break the rule.
/// </summary>
internal static partial class SourceRules
{
    private const int MaximumLineCount = 400;

    private static readonly string[] BannedSuffixes = ["Manager", "Util", "Utils", "Helper", "Helpers", "Common", "Base", "Impl"];

    // Written in two parts each, since this file is held to the rule as well.
    private static readonly string[] BannedWords =
    [
        "TO" + "DO", "FIX" + "ME", "HA" + "CK", "Not" + "ImplementedException", "Skip" + " = \"", "Skip" + "=\"", "Assert.True" + "(true",
    ];

    /// <summary>What is wrong with the file, one sentence a finding; empty when nothing is.</summary>
    public static IEnumerable<string> Check(string path, string text) =>
        [.. CheckLength(path, text), .. CheckTypes(path, text), .. CheckNamespace(path, text), .. CheckWords(path, text)];

    private static IEnumerable<string> CheckLength(string path, string text)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        int lineCount = text.AsSpan().Count('\n');
        bool isExempt = name.EndsWith("Table", StringComparison.Ordinal) || name.EndsWith("Tests", StringComparison.Ordinal);
        if (lineCount > MaximumLineCount && !isExempt)
        {
            yield return $"{path}: {lineCount} lines, more than {MaximumLineCount}";
        }
    }

    private static IEnumerable<string> CheckTypes(string path, string text)
    {
        // A part of a partial type is called Type.Topic.cs.
        string file = Path.GetFileName(path).Split('.')[0];
        string[] types = [.. TopLevelType().Matches(text).Select(match => match.Groups["name"].Value)];
        foreach (string type in types.Append(file).Distinct())
        {
            if (BannedSuffixes.FirstOrDefault(suffix => type.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix)
            {
                yield return $"{path}: the name {type} ends in {suffix}, which says nothing";
            }
        }

        if (types.Length > 0 && !types.Contains(file))
        {
            yield return $"{path}: holds {string.Join(", ", types)} and no type of the file's name";
        }

        if (types.Length > 1 && IsProduct(path))
        {
            yield return $"{path}: holds {types.Length} types: {string.Join(", ", types)}";
        }
    }

    private static IEnumerable<string> CheckNamespace(string path, string text)
    {
        // src/Savevm.Wire/Ram/RamFlagTable.cs is in Savevm.Wire.Ram.
        string expected = string.Join('.', path.Split('/')[1..^1]);
        if (DeclaredNamespace().Match(text) is { Success: true } match && match.Groups["name"].Value != expected)
        {
            yield return $"{path}: namespace {match.Groups["name"].Value} instead of {expected}";
        }
    }

    private static IEnumerable<string> CheckWords(string path, string text) =>
        from word in BannedWords
        where text.Contains(word, StringComparison.Ordinal)
        select $"{path}: contains {word}";

    // The samples are read as the product is.
    private static bool IsProduct(string path) =>
        path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("samples/", StringComparison.Ordinal);

    // With file-scoped namespaces a declaration in the first column is a type of the file's own level. File-local types are part of another.
    [GeneratedRegex(
        @"^(?:(?:public|internal|static|sealed|abstract|readonly|ref|unsafe|partial)\s+)*"
            + @"(?:class|struct|interface|enum|record(?:\s+(?:struct|class))?|delegate\s+(?:ref\s+)?[\w<>\[\],?]+)\s+(?<name>\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex DeclaredNamespace();
}
