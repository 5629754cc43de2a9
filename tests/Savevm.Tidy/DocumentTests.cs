using System.Globalization;
using System.Text.RegularExpressions;

namespace Savevm.Tidy;

public sealed partial class DocumentTests
{
    [Fact]
    public void Every_link_of_a_page_leads_somewhere()
    {
        Assert.Equal("", string.Join('\n', RepositoryFiles.Markdown.SelectMany(BrokenLinks)));
    }

    [Fact]
    public void Every_path_that_a_page_names_exists()
    {
        IEnumerable<string> missing =
            from page in RepositoryFiles.Markdown
            from Match match in QuotedPath().Matches(RepositoryFiles.Read(page))
            let path = match.Groups["path"].Value
            where !Exists(path.TrimEnd('/'))
            select $"{page}: {path}";
        Assert.Equal("", string.Join('\n', missing));
    }

    [Fact]
    public void Every_type_that_the_architecture_page_names_exists()
    {
        HashSet<string> types = [.. RepositoryFiles.CSharp.Select(path => Path.GetFileNameWithoutExtension(path))];
        string[] named = [.. QuotedType().Matches(RepositoryFiles.Read("docs/architecture.md")).Select(match => match.Groups["type"].Value)];
        Assert.NotEmpty(named);
        Assert.Equal([], named.Except(types).Except(["Savevm"]));
    }

    [Fact]
    public void Every_type_that_the_wire_format_says_something_stands_in_exists()
    {
        HashSet<string> types = [.. RepositoryFiles.CSharp.Select(path => Path.GetFileNameWithoutExtension(path))];
        string page = RepositoryFiles.Read("docs/wire-format.md");
        string chapter = page[page.IndexOf("## 23. Where it stands in the code", StringComparison.Ordinal)..];
        string[] named = [.. QuotedType().Matches(chapter).Select(match => match.Groups["type"].Value)];
        Assert.NotEmpty(named);
        Assert.Equal([], named.Except(types).Except(["Savevm"]));
    }

    [Fact]
    public void Every_decision_is_listed_and_numbered_in_turn()
    {
        const string Folder = "docs/decisions/";
        string[] decisions =
        [
            .. RepositoryFiles.Markdown.Where(path => path.StartsWith(Folder, StringComparison.Ordinal) && path != Folder + "README.md"),
        ];
        string index = RepositoryFiles.Read(Folder + "README.md");
        Assert.NotEmpty(decisions);
        for (int i = 0; i < decisions.Length; i++)
        {
            string file = decisions[i][Folder.Length..];
            Assert.StartsWith((i + 1).ToString("d4", CultureInfo.InvariantCulture) + "-", file, StringComparison.Ordinal);
            Assert.Contains($"({file})", index, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> BrokenLinks(string page)
    {
        string folder = Path.GetDirectoryName(page) ?? "";
        foreach (string target in Link().Matches(RepositoryFiles.Read(page)).Select(match => match.Groups["target"].Value))
        {
            if (target.Contains("://", StringComparison.Ordinal))
            {
                continue;
            }

            string[] parts = target.Split('#', 2);
            string path = parts[0].Length == 0 ? page : Normalize(Path.Combine(folder, parts[0]));
            if (!Exists(path) || (parts.Length == 2 && !Anchors(RepositoryFiles.Read(path)).Contains(parts[1])))
            {
                yield return $"{page}: {target}";
            }
        }
    }

    private static string Normalize(string path) => Path.GetRelativePath(RepositoryFiles.Root, Path.GetFullPath(RepositoryFiles.FullPath(path)));

    private static bool Exists(string path) => Path.Exists(RepositoryFiles.FullPath(path));

    // As the usual renderers make them: lower case, punctuation gone, blanks to hyphens.
    private static IEnumerable<string> Anchors(string text) => Heading().Matches(text).Select(match =>
        string.Concat(match.Groups["title"].Value.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_'))
            .Replace(' ', '-'));

    [GeneratedRegex(@"\[[^\]\n]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<path>(?:docs|src|samples|tests|tools|benchmarks)/[\w./-]*)`")]
    private static partial Regex QuotedPath();

    [GeneratedRegex(@"`(?<type>[A-Z]\w+)`")]
    private static partial Regex QuotedType();

    [GeneratedRegex(@"^#+ (?<title>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
