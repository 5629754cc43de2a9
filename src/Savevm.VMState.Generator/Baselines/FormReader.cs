using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>
/// Makes the form of a field of its type, its attribute and the builder's method that the generator calls for it. What an attribute says
/// and is not known here becomes part of the form as it stands, so that a new kind of field is held to its baseline from the beginning.
/// </summary>
internal static class FormReader
{
    // These say what a baseline tells elsewhere, or what no byte depends on.
    private static readonly HashSet<string> Elsewhere = ["Name", "Since", "When", "Subsection", "CountField", "Description", "Hint", "Limit"];

    /// <param name="type">Type of the member.</param>
    /// <param name="attribute">How it is saved.</param>
    /// <param name="method">The method of the builder that adds it.</param>
    /// <param name="countName">Name in the description of the field that holds its count.</param>
    internal static FieldForm Read(ITypeSymbol type, AttributeData attribute, string method, string? countName)
    {
        var arguments = new List<string>();
        string kind = method.Length == 0 ? method : char.ToLowerInvariant(method[0]) + method.Substring(1);
        string? structure = attribute.Text("Description") is { } member ? "." + member : null;
        switch (method)
        {
            case "Field" or "Array" when structure is null && Scalar(Element(type)) is { } scalar:
                kind = scalar;
                break;
            case "Buffer" or "Bitmap" or "Timer" or "CountedName" or "Custom":
                break;
            case "Temporary":
                arguments.Add(TemporaryType(attribute));
                break;
            default:
                kind = method switch
                {
                    "Struct" or "Structs" or "VersionedStruct" => "struct",
                    "Pointers" => "pointer",
                    _ => kind,
                };
                arguments.Add(structure ?? Word(Element(type)));
                break;
        }
        return new FieldForm(kind, arguments, AddOptions(arguments, attribute, countName));
    }

    /// <summary>A type as a form tells it: a number, a structure with its name, or the name alone.</summary>
    private static string Word(ITypeSymbol type)
    {
        type = type.WithNullableAnnotation(NullableAnnotation.None);
        if (Scalar(type) is { } scalar)
            return scalar;
        return AttributeNames.Find(type, "VMState") is { } state
            ? $"{BaselineWriter.Quote(state.Argument(0) as string ?? "")}:{type.ToDisplayString()}"
            : BaselineWriter.Quote(type.ToDisplayString());
    }

    private static string? Scalar(ITypeSymbol type) => TypeForms.Underlying(type).SpecialType switch
    {
        SpecialType.System_Byte => "uint8",
        SpecialType.System_SByte => "int8",
        SpecialType.System_Boolean => "bool",
        SpecialType.System_UInt16 => "uint16",
        SpecialType.System_Int16 => "int16",
        SpecialType.System_UInt32 => "uint32",
        SpecialType.System_Int32 => "int32",
        SpecialType.System_UInt64 => "uint64",
        SpecialType.System_Int64 => "int64",
        SpecialType.System_Double => "float64",
        _ => null,
    };

    private static ITypeSymbol Element(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => Element(array.ElementType),
        INamedTypeSymbol { TypeArguments: { IsEmpty: false } elements } => elements[elements.Length - 1],
        _ => type,
    };

    // What is saved is the other form's, not the member's.
    private static string TemporaryType(AttributeData attribute)
    {
        var form = attribute.Argument(0) as ITypeSymbol;
        INamedTypeSymbol? implemented = form?.AllInterfaces.FirstOrDefault(type => type.Name == "ITemporary" && type.TypeArguments.Length == 2);
        return implemented is null ? "" : Word(implemented.TypeArguments[1]);
    }

    private static string? AddOptions(List<string> arguments, AttributeData attribute, string? countName)
    {
        string? count = countName is null ? null : BaselineWriter.Quote(countName);
        for (int i = 0; i < attribute.ConstructorArguments.Length; i++)
        {
            string text = Text(attribute.ConstructorArguments[i]);
            if (attribute.AttributeConstructor?.Parameters[i].Name == "count")
                count = text;
            else
                arguments.Add(text);
        }
        foreach (KeyValuePair<string, TypedConstant> pair in attribute.NamedArguments.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            bool isDefault = pair.Value.Value is false or null || (pair.Key == "Factor" && pair.Value.Value is 1)
                || (pair.Key == "StructVersion" && pair.Value.Value is < 0) || pair.Key == "Pointers";
            if (!isDefault && !Elsewhere.Contains(pair.Key))
                arguments.Add($"{pair.Key}={Text(pair.Value)}");
        }
        return count;
    }

    private static string Text(TypedConstant constant) => constant.Kind switch
    {
        TypedConstantKind.Array => BaselineWriter.Quote(string.Join(" ", constant.Values.Select(Text))),
        TypedConstantKind.Type => ((ITypeSymbol)constant.Value!).Name,
        _ => constant.Value is string text ? BaselineWriter.Quote(text) : Convert.ToString(constant.Value, CultureInfo.InvariantCulture) ?? "",
    };
}
