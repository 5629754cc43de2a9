using System.Collections.Immutable;
using System.Composition;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.CodeFixes;

/// <summary>Offers what can be done about a device that is not what its baseline says.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(BaselineCodeFixProvider))]
[Shared]
public sealed class BaselineCodeFixProvider : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [.. BaselineFixes.Fixable];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => BaselineFixAllProvider.Instance;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        Project project = context.Document.Project;
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declaration
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model
            || model.GetDeclaredSymbol(declaration, context.CancellationToken) is not { } type
            || await BaselineUpdate.CompareAsync(project, context.CancellationToken).ConfigureAwait(false) is not { } comparison
            || comparison.Devices.Find(candidate => candidate.Type == type.ToDisplayString()) is not { } device)
            return;
        foreach (Difference difference in comparison.Compare(device))
        {
            string message = difference.ToDiagnostic().GetMessage(CultureInfo.InvariantCulture);
            foreach (Diagnostic diagnostic in context.Diagnostics)
            {
                if (diagnostic.Id == difference.Rule.Id && diagnostic.GetMessage(CultureInfo.InvariantCulture) == message)
                    Register(context, project, BaselineFixes.Of(comparison, device, difference), diagnostic);
            }
        }
    }

    private static void Register(CodeFixContext context, Project project, List<BaselineFix> fixes, Diagnostic diagnostic)
    {
        foreach (BaselineFix fix in fixes)
            context.RegisterCodeFix(CodeAction.Create(fix.Title, token => fix.ApplyAsync(project, token), fix.Key), diagnostic);
    }
}
