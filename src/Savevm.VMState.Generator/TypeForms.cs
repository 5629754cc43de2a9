using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>What types are on the wire.</summary>
internal static class TypeForms
{
    internal const string Unsafe = "global::System.Runtime.CompilerServices.Unsafe";

    /// <summary>Bytes of a plain value; 0 for what is none.</summary>
    internal static int PlainBytes(ITypeSymbol type) => Underlying(type).SpecialType switch
    {
        SpecialType.System_Byte or SpecialType.System_SByte or SpecialType.System_Boolean => 1,
        SpecialType.System_UInt16 or SpecialType.System_Int16 => 2,
        SpecialType.System_UInt32 or SpecialType.System_Int32 => 4,
        SpecialType.System_UInt64 or SpecialType.System_Int64 or SpecialType.System_Double => 8,
        _ => 0,
    };

    /// <summary>The integer behind an enumeration, or the type itself.</summary>
    internal static ITypeSymbol Underlying(ITypeSymbol type) =>
        type is INamedTypeSymbol { EnumUnderlyingType: { } underlying } ? underlying : type;

    /// <summary>The full name.</summary>
    internal static string Name(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    internal static bool HasState(ITypeSymbol type) => AttributeNames.Find(type, "VMState") is not null;

    internal static bool HasEmptyConstructor(ITypeSymbol type) =>
        type.IsValueType || (type is INamedTypeSymbol named && named.InstanceConstructors.Any(constructor => constructor.Parameters.IsEmpty));
}
