namespace Savevm.Wire.Tests;

/// <summary>The tables of <c>docs/wire-format.md</c>. A table of the code and the table of the document are compared row by row.</summary>
internal static class Specification
{
    private static readonly string[] Lines = Load();

    /// <summary>The first table under the heading that begins with these words, without its head: cells with the marks of code taken off.</summary>
    internal static string[][] Table(string heading)
    {
        int at = Array.FindIndex(Lines, line => line.StartsWith('#') && line.TrimStart('#', ' ').StartsWith(heading, StringComparison.Ordinal));
        Assert.True(at >= 0, $"no heading '{heading}' in docs/wire-format.md");
        int first = Array.FindIndex(Lines, at + 1, line => line.StartsWith('|') || line.StartsWith('#'));
        Assert.True(first >= 0 && Lines[first].StartsWith('|'), $"no table under '{heading}' in docs/wire-format.md");
        return [.. Lines.Skip(first + 2).TakeWhile(line => line.StartsWith('|')).Select(Cells)];
    }

    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim().Replace("`", "", StringComparison.Ordinal))];

    private static string[] Load()
    {
        using Stream stored = typeof(Specification).Assembly.GetManifestResourceStream("wire-format.md")
            ?? throw new FileNotFoundException("wire-format.md");
        using var reader = new StreamReader(stored);
        return reader.ReadToEnd().Split('\n');
    }
}
