using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Savevm.VMState.CodeFixes;

/// <summary>One way to make a device fit its baseline: changes of the source, and then the baseline is told what is there.</summary>
/// <param name="device">Full name of the device's type.</param>
/// <param name="title">What a person reads who chooses it.</param>
/// <param name="key">What fixes of the same sort have in common.</param>
internal sealed class BaselineFix(string device, string title, string key)
{
    internal string Title { get; } = title;

    internal string Key { get; } = key;

    /// <summary>Changes of the source.</summary>
    internal List<(SyntaxTree Tree, TextChange Change)> Changes { get; } = [];

    /// <summary>Rules whose findings this fix records on purpose.</summary>
    internal List<string> Accepted { get; } = [];

    internal async Task<Solution> ApplyAsync(Project project, CancellationToken cancellation)
    {
        Solution solution = project.Solution;
        foreach (IGrouping<SyntaxTree, (SyntaxTree Tree, TextChange Change)> group in Changes.GroupBy(change => change.Tree))
        {
            if (project.GetDocument(group.Key) is not { } document)
                return project.Solution;
            SourceText text = await document.GetTextAsync(cancellation).ConfigureAwait(false);
            solution = solution.WithDocumentText(
                document.Id, text.WithChanges(group.Select(pair => pair.Change).OrderBy(change => change.Span.Start)));
        }
        return await BaselineUpdate.ApplyAsync(solution.GetProject(project.Id)!, device, Accepted, cancellation).ConfigureAwait(false);
    }
}
