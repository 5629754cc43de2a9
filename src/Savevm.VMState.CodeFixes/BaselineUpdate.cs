using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using Savevm.VMState.Generator;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.CodeFixes;

/// <summary>Writes into a baseline what a device is now, unless that would hide something which is still wrong with it.</summary>
internal static class BaselineUpdate
{
    /// <summary>Compares a project with its baselines.</summary>
    internal static async Task<BaselineComparison?> CompareAsync(Project project, CancellationToken cancellation)
    {
        var files = new List<BaselineFile>();
        foreach (TextDocument document in Baselines(project))
        {
            SourceText text = await document.GetTextAsync(cancellation).ConfigureAwait(false);
            files.Add(BaselineFile.Read(Path(document), text.ToString()));
        }
        return await project.GetCompilationAsync(cancellation).ConfigureAwait(false) is { } compilation
            ? new BaselineComparison(StateTypes.Of(compilation), files, cancellation)
            : null;
    }

    internal static async Task<Solution> ApplyAsync(
        Project project, string type, IReadOnlyCollection<string> accepted, CancellationToken cancellation)
    {
        BaselineComparison? comparison = await CompareAsync(project, cancellation).ConfigureAwait(false);
        if (comparison?.Devices.Find(candidate => candidate.Type == type) is not { } device || !comparison.IsComparable)
            return project.Solution;
        List<Difference> differences = comparison.Compare(device);
        if (differences.Count == 0 || differences.Exists(difference => !difference.IsAllowed && !accepted.Contains(difference.Rule.Id)))
            return project.Solution;
        DeviceShape? released = comparison.ReleasedOf(device);
        string path = released?.Path ?? comparison.Files[0].Path;
        TextDocument document = Baselines(project).First(candidate => Path(candidate) == path);
        SourceText text = await document.GetTextAsync(cancellation).ConfigureAwait(false);
        return project.Solution.WithAdditionalDocumentText(document.Id, text.WithChanges(Change(text, released, device)));
    }

    private static IEnumerable<TextDocument> Baselines(Project project) => project.AdditionalDocuments.Where(
        document => Path(document).EndsWith(BaselineFile.Extension, StringComparison.OrdinalIgnoreCase));

    private static string Path(TextDocument document) => document.FilePath ?? document.Name;

    private static TextChange Change(SourceText text, DeviceShape? released, DeviceShape device)
    {
        string all = text.ToString();
        string newLine = all.Contains("\r\n") ? "\r\n" : "\n";
        string lines = BaselineWriter.Write(device).Replace("\n", newLine);
        if (released is not null)
        {
            TextLineCollection old = text.Lines;
            return new TextChange(TextSpan.FromBounds(old[released.Lines.First].Start, old[released.Lines.End - 1].End), lines);
        }
        string before = all.Length > 0 && !all.EndsWith("\n", StringComparison.Ordinal) ? newLine + newLine : newLine;
        return new TextChange(new TextSpan(text.Length, 0), before + lines + newLine);
    }
}
