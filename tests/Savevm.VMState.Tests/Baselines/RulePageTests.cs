using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Savevm.VMState.Generator;

namespace Savevm.VMState.Tests.Baselines;

/// <summary>Every rule has a page, and what the page calls wrong and right is so.</summary>
public sealed partial class RulePageTests
{
    private static readonly DiagnosticDescriptor[] Rules = [.. DiagnosticTable.OfGenerator, .. DiagnosticTable.OfBaselines];

    public static TheoryData<string> Ids => [.. Rules.Select(rule => rule.Id)];

    [Fact]
    public void Every_rule_has_a_page_and_every_page_a_rule()
    {
        IEnumerable<string> pages = typeof(RulePageTests).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("rules/SVM", StringComparison.Ordinal)).Select(name => name["rules/".Length..^".md".Length]);
        Assert.Equal(Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal), pages.Order(StringComparer.Ordinal));
        Assert.All(Rules, rule => Assert.Equal($"docs/rules/{rule.Id}.md", rule.HelpLinkUri));
        string index = Read("README");
        Assert.All(Rules, rule => Assert.Contains($"| [{rule.Id}]({rule.Id}.md) | {Word(rule.DefaultSeverity)} | {rule.Title} |", index, StringComparison.Ordinal));
        Assert.All(Rules, rule => Assert.StartsWith($"# {rule.Id}: {rule.Title}\n", Read(rule.Id), StringComparison.Ordinal));
    }

    // A page of a baseline's rule begins with what was released. The right way is other code, or another baseline for the same.
    [Theory]
    [MemberData(nameof(Ids))]
    public void What_a_page_calls_wrong_is_found_and_what_it_calls_right_is_not(string id)
    {
        var blocks = Block().Matches(Read(id)).Select(match => (Language: match.Groups["language"].Value, Text: match.Groups["text"].Value)).ToList();
        string? baseline = null;
        if (DiagnosticTable.OfBaselines.Any(rule => rule.Id == id))
        {
            baseline = blocks[0].Language == "text" ? blocks[0].Text : SourceProject.Baseline(blocks[0].Text);
            blocks.RemoveAt(0);
        }
        Assert.Equal(2, blocks.Count);
        Assert.Contains(SourceProject.Findings(blocks[0].Text, baseline), found => found.Id == id);
        Diagnostic[] right = blocks[1].Language == "text"
            ? SourceProject.Findings(blocks[0].Text, blocks[1].Text)
            : SourceProject.Findings(blocks[1].Text, baseline);
        Assert.DoesNotContain(right, found => found.Id != "SVM116");
    }

    private static string Read(string page)
    {
        using Stream stream = typeof(RulePageTests).Assembly.GetManifestResourceStream($"rules/{page}.md")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Word(DiagnosticSeverity severity) => severity.ToString().ToLowerInvariant();

    [GeneratedRegex("^```(?<language>csharp|text)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
