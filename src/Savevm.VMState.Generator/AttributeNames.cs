using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>The attributes of the product, by name, and what stands in them.</summary>
internal static class AttributeNames
{
    private const string Folder = "Savevm.VMState.Attributes.";

    internal static string Of(string name) => Folder + name + "Attribute";

    /// <summary>The short name of one of our attributes, such as <c>VMStateField</c>; null for any other.</summary>
    internal static string? ShortName(AttributeData attribute)
    {
        INamedTypeSymbol? type = attribute.AttributeClass;
        if (type is null || !(type.ContainingNamespace.ToDisplayString() + ".").Equals(Folder, StringComparison.Ordinal))
            return null;
        return type.Name.EndsWith("Attribute", StringComparison.Ordinal) ? type.Name.Substring(0, type.Name.Length - "Attribute".Length) : null;
    }

    internal static AttributeData? Find(ISymbol symbol, string shortName) =>
        symbol.GetAttributes().FirstOrDefault(attribute => ShortName(attribute) == shortName);

    internal static string? Text(this AttributeData attribute, string property) => attribute.Value(property) as string;

    internal static uint Number(this AttributeData attribute, string property) => attribute.Value(property) is uint value ? value : 0;

    internal static object? Value(this AttributeData attribute, string property)
    {
        foreach (KeyValuePair<string, TypedConstant> pair in attribute.NamedArguments)
        {
            if (pair.Key == property)
                return pair.Value.Value;
        }
        return null;
    }

    internal static object? Argument(this AttributeData attribute, int index) =>
        attribute.ConstructorArguments.Length > index ? attribute.ConstructorArguments[index].Value : null;

    internal static Location? Place(this AttributeData attribute) =>
        attribute.ApplicationSyntaxReference is { } syntax ? Location.Create(syntax.SyntaxTree, syntax.Span) : null;
}
