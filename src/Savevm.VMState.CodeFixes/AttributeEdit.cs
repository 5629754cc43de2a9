using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Savevm.VMState.CodeFixes;

/// <summary>Changes of attributes in the text of a source, so that everything around them stays as its author wrote it.</summary>
internal static class AttributeEdit
{
    /// <summary>The attribute that stands at a place.</summary>
    internal static AttributeSyntax? At(Location? place) =>
        place?.SourceTree?.GetRoot().FindNode(place.SourceSpan).FirstAncestorOrSelf<AttributeSyntax>();

    /// <summary>The value that an attribute gives to a property; null where it does not.</summary>
    internal static bool Has(AttributeSyntax attribute, string property) => Find(attribute, property) is not null;

    /// <summary>Gives values to properties of an attribute.</summary>
    internal static (SyntaxTree Tree, TextChange Change) Set(AttributeSyntax attribute, params (string Property, string Value)[] values)
    {
        AttributeSyntax changed = attribute;
        foreach ((string property, string value) in values)
        {
            ExpressionSyntax expression = SyntaxFactory.ParseExpression(value);
            if (Find(changed, property) is { } there)
            {
                changed = changed.ReplaceNode(there, there.WithExpression(expression));
                continue;
            }
            AttributeArgumentSyntax argument = Parse($"A({property} = {value})").ArgumentList!.Arguments[0];
            AttributeArgumentListSyntax list = changed.ArgumentList ?? SyntaxFactory.AttributeArgumentList();
            SeparatedSyntaxList<AttributeArgumentSyntax> arguments = list.Arguments;
            if (arguments.Count > 0)
                argument = argument.WithLeadingTrivia(SyntaxFactory.Space);
            changed = changed.WithArgumentList(list.WithArguments(arguments.Add(argument)));
        }
        return (attribute.SyntaxTree, new TextChange(attribute.Span, changed.ToString()));
    }

    /// <summary>Gives another first argument to an attribute.</summary>
    internal static (SyntaxTree Tree, TextChange Change)? SetFirst(AttributeSyntax attribute, string value) =>
        attribute.ArgumentList?.Arguments.FirstOrDefault() is { NameEquals: null } first
            ? (attribute.SyntaxTree, new TextChange(first.Expression.Span, value))
            : null;

    /// <summary>Puts another attribute before those of a member, on a line of its own where they have theirs.</summary>
    internal static (SyntaxTree Tree, TextChange Change)? Insert(ISymbol member, string attribute)
    {
        if (member.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax().FirstAncestorOrSelf<MemberDeclarationSyntax>() is not { } declaration
            || declaration.AttributeLists.Count == 0)
            return null;
        SyntaxTree tree = declaration.SyntaxTree;
        SourceText text = tree.GetText();
        int start = declaration.AttributeLists[0].SpanStart;
        TextLine line = text.Lines.GetLineFromPosition(start);
        string indent = text.ToString(TextSpan.FromBounds(line.Start, start));
        bool isAlone = indent.Trim().Length == 0;
        string lineEnd = text.ToString(TextSpan.FromBounds(line.End, line.EndIncludingLineBreak));
        string behind = isAlone ? (lineEnd.Length == 0 ? "\n" : lineEnd) + indent : " ";
        return (tree, new TextChange(new TextSpan(start, 0), $"[{attribute}]{behind}"));
    }

    private static AttributeArgumentSyntax? Find(AttributeSyntax attribute, string property) =>
        attribute.ArgumentList?.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == property);

    private static AttributeSyntax Parse(string attribute) => CSharpSyntaxTree.ParseText($"[{attribute}] class C;").GetRoot()
        .DescendantNodes().OfType<AttributeSyntax>().First();
}
