using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.Generator;

/// <summary>
/// Holds the states of a project against its baselines, which are additional files named <c>*.vmstate</c>. A project without one is not
/// looked at.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BaselineAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => DiagnosticTable.OfBaselines;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(Begin);
    }

    private static void Begin(CompilationStartAnalysisContext context)
    {
        AdditionalText[] texts = [.. context.Options.AdditionalFiles.Where(IsBaseline)];
        if (texts.Length == 0)
            return;
        var files = new Lazy<BaselineFile[]>(() => [.. texts.Select(text => Read(text, context.CancellationToken))]);
        var comparison = new Lazy<BaselineComparison>(
            () => new BaselineComparison(StateTypes.Of(context.Compilation), files.Value, context.CancellationToken));
        context.RegisterSymbolAction(symbol => ReportDevice(symbol, comparison.Value), SymbolKind.NamedType);
        context.RegisterAdditionalFileAction(file => ReportFile(file, comparison.Value));
    }

    private static bool IsBaseline(AdditionalText text) => text.Path.EndsWith(BaselineFile.Extension, StringComparison.OrdinalIgnoreCase);

    private static BaselineFile Read(AdditionalText text, CancellationToken cancellation) =>
        BaselineFile.Read(text.Path, text.GetText(cancellation)?.ToString() ?? "");

    private static void ReportDevice(SymbolAnalysisContext context, BaselineComparison comparison)
    {
        if (comparison.Devices.Find(device => SymbolEqualityComparer.Default.Equals(device.Symbol, context.Symbol)) is not { } device)
            return;
        foreach (Difference difference in comparison.Compare(device))
            context.ReportDiagnostic(difference.ToDiagnostic());
    }

    private static void ReportFile(AdditionalFileAnalysisContext context, BaselineComparison comparison)
    {
        if (!IsBaseline(context.AdditionalFile) || context.AdditionalFile.GetText(context.CancellationToken) is not { } text)
            return;
        BaselineFile? file = comparison.Files.FirstOrDefault(candidate => candidate.Path == context.AdditionalFile.Path);
        if (file?.Error is { } error)
            context.ReportDiagnostic(Diagnostic.Create(DiagnosticTable.BadBaseline, Place(file.ErrorLine), error));
        foreach (DeviceShape device in comparison.Gone.Where(device => device.Path == context.AdditionalFile.Path))
            context.ReportDiagnostic(Diagnostic.Create(DiagnosticTable.DeviceGone, Place(device.Lines.First), device.Name, device.Type));

        Location Place(int line)
        {
            TextSpan span = text.Lines[Math.Min(line, text.Lines.Count - 1)].Span;
            return Location.Create(context.AdditionalFile.Path, span, text.Lines.GetLinePositionSpan(span));
        }
    }
}
