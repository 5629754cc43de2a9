using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Savevm.VMState.Generator;

/// <summary>
/// Makes of the attributes of a type its description, through the builder that people use, too, and straight-line code that saves and
/// loads its plain fields.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class VMStateGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<GeneratedState> states = context.SyntaxProvider.ForAttributeWithMetadataName(
            AttributeNames.Of("VMState"),
            static (node, _) => node is TypeDeclarationSyntax,
            static (found, cancellation) => DeviceReader.Read((INamedTypeSymbol)found.TargetSymbol, cancellation));
        context.RegisterSourceOutput(states, static (output, state) =>
        {
            foreach (Finding finding in state.Findings)
                output.ReportDiagnostic(finding.ToDiagnostic());
            if (state.Source is not null)
                output.AddSource(state.FileName, SourceText.From(state.Source, Encoding.UTF8));
        });
    }
}
