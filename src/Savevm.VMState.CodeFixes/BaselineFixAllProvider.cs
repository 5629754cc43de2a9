using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.CodeFixes;

/// <summary>
/// Fixes one difference after the other, each in what the last one left: two fields that are added together get one version, which
/// fixes that do not know of each other could not give them.
/// </summary>
internal sealed class BaselineFixAllProvider : FixAllProvider
{
    // More than any project has; a fix that changes nothing for the better must end, too.
    private const int MaxFixes = 10_000;

    internal static BaselineFixAllProvider Instance { get; } = new();

    public override IEnumerable<FixAllScope> GetSupportedFixAllScopes() => [FixAllScope.Document, FixAllScope.Project, FixAllScope.Solution];

    public override Task<CodeAction?> GetFixAsync(FixAllContext fixAllContext) => Task.FromResult<CodeAction?>(CodeAction.Create(
        "Fix all differences from the baseline of this kind", token => FixAsync(fixAllContext, token), fixAllContext.CodeActionEquivalenceKey));

    private static async Task<Solution> FixAsync(FixAllContext context, CancellationToken cancellation)
    {
        Solution solution = context.Solution;
        IEnumerable<ProjectId> projects = context.Scope == FixAllScope.Solution ? solution.ProjectIds : [context.Project.Id];
        string? path = context.Scope == FixAllScope.Document ? context.Document?.FilePath ?? context.Document?.Name : null;
        foreach (ProjectId id in projects)
        {
            for (int count = 0; count < MaxFixes; count++)
            {
                Solution next = await FixNextAsync(solution.GetProject(id)!, context, path, cancellation).ConfigureAwait(false);
                if (next == solution)
                    break;
                solution = next;
            }
        }
        return solution;
    }

    private static async Task<Solution> FixNextAsync(Project project, FixAllContext context, string? path, CancellationToken cancellation)
    {
        BaselineComparison? comparison = await BaselineUpdate.CompareAsync(project, cancellation).ConfigureAwait(false);
        foreach (DeviceShape device in comparison?.Devices ?? [])
        {
            if (path is not null && device.Symbol!.Locations.All(place => place.SourceTree?.FilePath != path))
                continue;
            foreach (Difference difference in comparison!.Compare(device).Where(difference => context.DiagnosticIds.Contains(difference.Rule.Id)))
            {
                foreach (BaselineFix fix in BaselineFixes.Of(comparison, device, difference))
                {
                    if (fix.Key != context.CodeActionEquivalenceKey)
                        continue;
                    Solution fixedSolution = await fix.ApplyAsync(project, cancellation).ConfigureAwait(false);
                    if (fixedSolution != project.Solution)
                        return fixedSolution;
                }
            }
        }
        return project.Solution;
    }
}
