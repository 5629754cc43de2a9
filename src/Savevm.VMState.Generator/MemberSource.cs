using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>
/// A field, or a property with a place in memory: one that returns by reference, or one whose backing field the compiler makes. Code
/// reaches that field through an accessor that the runtime binds when it compiles, so that there is no reflection.
/// </summary>
internal sealed class MemberSource
{
    private MemberSource(ISymbol symbol, ITypeSymbol type, string access)
    {
        Symbol = symbol;
        Type = type;
        Access = access;
    }

    internal ISymbol Symbol { get; }

    internal ITypeSymbol Type { get; }

    internal string Name => Symbol.Name;

    /// <summary>The expression for it in a device <c>d</c>.</summary>
    internal string Access { get; }

    /// <summary>The declaration of the accessor; null where none is needed.</summary>
    internal string? Accessor { get; private set; }

    /// <summary>Why no state can be loaded into it, in a sentence fragment; null if one can. What it holds may be filled all the same.</summary>
    internal string? Fixed { get; private set; }

    /// <summary>It belongs to the type, not to a device.</summary>
    internal bool IsStatic => Symbol.IsStatic;

    /// <summary>What a symbol is to a state; null for a property without a place, or what is no member with a value.</summary>
    internal static MemberSource? Of(ISymbol symbol, INamedTypeSymbol device)
    {
        switch (symbol)
        {
            case IFieldSymbol { AssociatedSymbol: IPropertySymbol property }:
                return Of(property, device);
            case IFieldSymbol field:
                return new MemberSource(field, field.Type, $"d.{field.Name}")
                {
                    Fixed = field.IsReadOnly ? "read-only" : field.IsConst || field.IsStatic ? "static" : null,
                };
            case IPropertySymbol { IsIndexer: false, IsStatic: false, RefKind: RefKind.Ref } property:
                return new MemberSource(property, property.Type, $"d.{property.Name}");
            case IPropertySymbol { IsIndexer: false, IsStatic: false } property:
                return Backed(property, device);
            default:
                return null;
        }
    }

    private static MemberSource? Backed(IPropertySymbol property, INamedTypeSymbol device)
    {
        IFieldSymbol? backing = device.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(
            field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));
        if (backing is null)
            return null;
        // An array in a property that is never assigned again is filled through the property itself.
        if (property.SetMethod is null)
            return new MemberSource(property, property.Type, $"d.{property.Name}") { Fixed = "read-only" };
        string accessor = $"PlaceOf{property.Name}";
        string by = device.IsValueType ? "ref " : "";
        return new MemberSource(property, property.Type, $"{accessor}({by}d)")
        {
            Accessor = "[global::System.Runtime.CompilerServices.UnsafeAccessor("
                + $"global::System.Runtime.CompilerServices.UnsafeAccessorKind.Field, Name = \"{backing.Name}\")]\n"
                + $"private static extern ref {TypeForms.Name(property.Type)} {accessor}({by}{TypeForms.Name(device)} d);",
        };
    }
}
