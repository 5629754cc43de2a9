using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Savevm.VMState.Attributes;
using Savevm.VMState.Generator;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.Tests.Baselines;

/// <summary>A project of one source file, compiled in memory, with what the generator and the analyzer say about it.</summary>
internal static class SourceProject
{
    internal const string Start = "#nullable enable\nusing Savevm.VMState.Attributes;\n";

    internal static readonly Lazy<MetadataReference[]> References = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(VMStateAttribute).Assembly.Location).Distinct().Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    // What is made of one compilation by adding sources shares the symbols of its references, which cost more than the sources.
    private static readonly Lazy<CSharpCompilation> Empty = new(() => CSharpCompilation.Create(
        "device", references: References.Value, options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)));

    internal static CSharpCompilation Compile(string source, string name = "device")
    {
        CSharpCompilation empty = name == "device" ? Empty.Value : Empty.Value.WithAssemblyName(name);
        return empty.AddSyntaxTrees(CSharpSyntaxTree.ParseText(Start + source, path: "Device.cs"));
    }

    /// <summary>The devices of a source as a baseline tells them.</summary>
    internal static string Baseline(string source) => Baseline(Compile(source));

    internal static string Baseline(Compilation compilation)
    {
        var text = new StringBuilder(BaselineWriter.FirstLine + "\n");
        foreach (INamedTypeSymbol type in StateTypes.Of(compilation).OrderBy(type => type.ToDisplayString(), StringComparer.Ordinal))
        {
            DeviceShape device = DeviceShape.Of(type, CancellationToken.None) ?? throw new InvalidOperationException($"{type} has findings.");
            text.Append('\n').Append(BaselineWriter.Write(device)).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>What the compiler, the generator and the analyzer say about a source that is held to a baseline.</summary>
    internal static Diagnostic[] Findings(string source, string? baseline) => Findings(Compile(source), baseline);

    internal static Diagnostic[] Findings(Compilation compilation, string? baseline)
    {
        GeneratorDriverRunResult generated = CSharpGeneratorDriver.Create(new VMStateGenerator())
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _).GetRunResult();
        ImmutableArray<AdditionalText> files = baseline is null ? [] : [new BaselineText(baseline)];
        var analyzers = new CompilationWithAnalyzers(output, [new BaselineAnalyzer()], new AnalyzerOptions(files));
        ImmutableArray<Diagnostic> found = analyzers.GetAnalyzerDiagnosticsAsync(CancellationToken.None).GetAwaiter().GetResult();
        Diagnostic[] errors = generated.Diagnostics.IsEmpty ? [.. output.GetDiagnostics().Where(row => row.Severity == DiagnosticSeverity.Error)] : [];
        return [.. errors, .. generated.Diagnostics, .. found];
    }

    private sealed class BaselineText(string text) : AdditionalText
    {
        public override string Path => "Devices.vmstate";

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
    }
}
