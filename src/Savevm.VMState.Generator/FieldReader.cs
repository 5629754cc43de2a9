using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.Generator;

/// <summary>Makes of one field of a type the call that adds it to a builder, and the code that saves and loads it at once.</summary>
internal sealed class FieldReader(INamedTypeSymbol device, List<Finding> findings)
{
    private const string Run = "global::Savevm.VMState.Saving.VMStateRun";
    private const string LambdaHead = "static (ref ";
    private readonly string _device = TypeForms.Name(device);

    /// <summary>The fields that a member stands for, in wire order: unused bytes before it, itself, unused bytes behind it.</summary>
    internal IEnumerable<MemberModel> Read(IFieldSymbol field)
    {
        AttributeData[] kinds = [.. field.GetAttributes().Where(IsKind)];
        if (kinds.Length == 0)
            yield break;
        if (kinds.Length > 1)
        {
            Report(DiagnosticTable.SeveralKinds, field, field.Name);
            yield break;
        }
        if (field.IsStatic || field.IsConst || field.IsReadOnly)
        {
            // An array or a list in a field that is never assigned again can still be filled.
            bool isFilled = !field.IsStatic && !field.IsConst && field.Type.IsReferenceType && field.Type.SpecialType != SpecialType.System_String
                && field.Type is IArrayTypeSymbol;
            if (!isFilled)
            {
                Report(DiagnosticTable.NotWritable, field, field.Name, field.IsReadOnly ? "read-only" : "static");
                yield break;
            }
        }
        string? subsection = kinds[0].Text("Subsection");
        foreach (MemberModel unused in Unused(field, behind: false, subsection))
            yield return unused;
        if (Member(field, kinds[0], subsection) is { } member)
            yield return member;
        foreach (MemberModel unused in Unused(field, behind: true, subsection))
            yield return unused;
    }

    internal static bool IsKind(AttributeData attribute) => AttributeNames.ShortName(attribute) is
        "VMStateField" or "VMStateArray" or "VMStateBuffer" or "VMStateBitmap" or "VMStateTimer" or "VMStateEqual" or "VMStateQueue"
        or "VMStateTree" or "VMStateCustom" or "VMStateTemporary";

    private IEnumerable<MemberModel> Unused(IFieldSymbol field, bool behind, string? subsection)
    {
        foreach (AttributeData attribute in field.GetAttributes())
        {
            if (AttributeNames.ShortName(attribute) != "VMStateUnused" || attribute.Value("Behind") is true != behind)
                continue;
            int bytes = attribute.Argument(0) as int? ?? 0;
            uint since = attribute.Number("Since");
            string? when = attribute.Text("When");
            var member = new MemberModel($".Unused({Number(bytes)}, \"unused\"{Condition(field, since, when)})", subsection, since);
            member.Shape = new FieldShape("unused", FieldForm.Unused(bytes), since, when, field);
            if (when is null)
            {
                member.PlainBytes = bytes;
                member.SaveCode = $"{Run}.Clear(ref run, {{0}}, {Number(bytes)});";
            }
            yield return member;
        }
    }

    private MemberModel? Member(IFieldSymbol field, AttributeData attribute, string? subsection)
    {
        uint since = attribute.Number("Since");
        string? when = attribute.Text("When");
        string name = attribute.Text("Name") ?? field.Name;
        string? call = AttributeNames.ShortName(attribute) switch
        {
            "VMStateField" => Value(field, attribute),
            "VMStateArray" => Array(field, attribute),
            "VMStateBuffer" => Bytes(field, attribute, "Buffer", SpecialType.System_Byte),
            "VMStateBitmap" => Bytes(field, attribute, "Bitmap", SpecialType.System_UInt64),
            "VMStateTimer" => Timer(field),
            "VMStateEqual" => Equal(field, attribute),
            "VMStateQueue" => Container(field, attribute.Value("IsList") is true ? "List" : "Queue", "System.Collections.Generic.List<T>", 0),
            "VMStateTree" => Container(field, "Tree", "System.Collections.Generic.SortedDictionary<TKey, TValue>", 1),
            "VMStateCustom" => Custom(attribute),
            _ => Temporary(field, attribute),
        };
        if (call is null)
            return null;
        int open = call.IndexOf('(');
        string rest = call.Substring(open + 1);
        var member = new MemberModel(
            $".{call.Substring(0, open)}({Quote(name)}, {rest}{Condition(field, since, when)})", subsection, since);
        string? count = attribute.Text("CountField") is { } counted ? NameOf(counted) : null;
        member.Shape = new FieldShape(name, FormReader.Read(field.Type, attribute, call.Substring(0, open), count), since, when, field);
        if (when is null)
            AddPlainCode(member, field, attribute);
        return member;
    }

    private string? Value(IFieldSymbol field, AttributeData attribute)
    {
        if (TypeForms.PlainBytes(field.Type) > 0)
            return $"Field({Ref(field)}";
        if (field.Type.SpecialType == SpecialType.System_String)
            return $"CountedName({Ref(field)}";
        if (Description(field, attribute, field.Type) is not { } description)
            return null;
        int version = attribute.Value("StructVersion") as int? ?? -1;
        return version < 0 ? $"Struct({Ref(field)}, {description}" : $"VersionedStruct({Ref(field)}, {description}, {Number(version)}u";
    }

    private string? Array(IFieldSymbol field, AttributeData attribute)
    {
        if (field.Type is not IArrayTypeSymbol { Rank: 1 } array)
            return NoForm(field, "is no array of one dimension");
        if (Count(field, attribute) is not { } count)
            return null;
        if (TypeForms.PlainBytes(array.ElementType) > 0)
        {
            return array.ElementType.TypeKind == TypeKind.Enum
                ? NoForm(field, "is an array of enumerations; make it one of the integers behind them")
                : $"Array({Span(field)}, {count}";
        }
        if (Description(field, attribute, array.ElementType) is not { } description)
            return null;
        if (attribute.Value("Pointers") is not true)
            return $"Structs({Span(field)}, {count}, {description}";
        if (attribute.Text("CountField") is not null)
            return NoForm(field, "is an array of pointers, which has a fixed count");
        return array.ElementType.IsValueType
            ? NoForm(field, "is an array of values, which cannot be null")
            : $"Pointers({Span(field)}, {count}, {description}";
    }

    private string? Bytes(IFieldSymbol field, AttributeData attribute, string method, SpecialType element)
    {
        if (field.Type is not IArrayTypeSymbol { Rank: 1 } array || array.ElementType.SpecialType != element)
            return NoForm(field, element == SpecialType.System_Byte ? "is no array of bytes" : "is no array of ulong");
        if (Count(field, attribute) is not { } count)
            return null;
        int factor = attribute.Value("Factor") as int? ?? 1;
        return $"{method}({Span(field)}, {count}" + (factor == 1 ? "" : $", factor: {Number(factor)}");
    }

    private string? Timer(IFieldSymbol field) =>
        field.Type.SpecialType == SpecialType.System_Int64 ? $"Timer({Ref(field)}" : NoForm(field, "is no long, as the expiry of a timer is");

    private string? Equal(IFieldSymbol field, AttributeData attribute)
    {
        SpecialType type = TypeForms.Underlying(field.Type).SpecialType;
        if (attribute.Value("OrLess") is true)
            return type == SpecialType.System_Int32 ? $"AtMost({Ref(field)}" : NoForm(field, "is no int, as a number that may be less is");
        bool isKnown = type is SpecialType.System_Byte or SpecialType.System_UInt16 or SpecialType.System_Int32 or SpecialType.System_UInt32
            or SpecialType.System_UInt64;
        return isKnown ? $"Equal({Ref(field)}" : NoForm(field, "has no checked form: byte, ushort, int, uint and ulong have");
    }

    private string? Container(IFieldSymbol field, string method, string expected, int elementIndex)
    {
        if (field.Type is not INamedTypeSymbol named || named.OriginalDefinition.ToDisplayString() != expected)
            return NoForm(field, $"is no {expected}");
        if (elementIndex == 1 && named.TypeArguments[0].SpecialType != SpecialType.System_UInt64)
            return NoForm(field, "has keys that are no ulong");
        ITypeSymbol element = named.TypeArguments[elementIndex];
        if (!TypeForms.HasState(element) || !TypeForms.HasEmptyConstructor(element))
            return NoForm(field, "has elements without [VMState] or without a constructor that takes nothing");
        string type = TypeForms.Name(element);
        return $"{method}({Ref(field)}, {type}.StateDescription, static () => new {type}()";
    }

    private static string? Custom(AttributeData attribute) =>
        $"Custom({Quote(attribute.Argument(0) as string ?? "")}, new {TypeForms.Name((ITypeSymbol)attribute.Argument(1)!)}()";

    private string? Temporary(IFieldSymbol field, AttributeData attribute)
    {
        var form = (ITypeSymbol)attribute.Argument(0)!;
        INamedTypeSymbol? implemented = form.AllInterfaces.FirstOrDefault(
            type => type.OriginalDefinition.ToDisplayString() == "Savevm.VMState.Descriptions.ITemporary<TDevice, TTemporary>"
                && SymbolEqualityComparer.Default.Equals(type.TypeArguments[0], device));
        return implemented is null || !TypeForms.HasState(implemented.TypeArguments[1])
            ? NoForm(field, $"has the form '{form.Name}' that does not implement ITemporary of this type and one with [VMState]")
            : $"Temporary({TypeForms.Name(implemented.TypeArguments[1])}.StateDescription, new {TypeForms.Name(form)}()";
    }

    private string? Description(IFieldSymbol field, AttributeData attribute, ITypeSymbol type)
    {
        if (attribute.Text("Description") is { } member)
        {
            if (device.GetMembers(member).Any(symbol => symbol.IsStatic && symbol is IFieldSymbol or IPropertySymbol))
                return $"{_device}.{member}";
            Report(DiagnosticTable.NoMember, field, field.Name, member, "static field or property", device.Name);
            return null;
        }
        return TypeForms.HasState(type)
            ? $"{TypeForms.Name(type.WithNullableAnnotation(NullableAnnotation.None))}.StateDescription"
            : NoForm(field, "has no [VMState] and is no integer, enumeration, bool, double or string");
    }

    private string? Count(IFieldSymbol field, AttributeData attribute)
    {
        int? count = attribute.Argument(0) as int?;
        string? countField = attribute.Text("CountField");
        if (count.HasValue == countField is not null || count < 0)
        {
            Report(DiagnosticTable.NoCount, field, field.Name);
            return null;
        }
        if (countField is null)
            return Number(count!.Value);
        if (device.GetMembers(countField).Any(symbol => symbol is IFieldSymbol { IsStatic: false } or IPropertySymbol { IsStatic: false }))
            return $"{Quote(NameOf(countField))}, {LambdaHead}{_device} d) => (long)d.{countField}";
        Report(DiagnosticTable.NoMember, field, field.Name, countField, "field or property", device.Name);
        return null;
    }

    // The name in the description of the member that holds a count.
    private string NameOf(string member)
    {
        AttributeData? attribute = device.GetMembers(member).SelectMany(symbol => symbol.GetAttributes()).FirstOrDefault(IsKind);
        return attribute?.Text("Name") ?? member;
    }

    private string Condition(IFieldSymbol field, uint since, string? when)
    {
        string text = since == 0 ? "" : $", since: {since.ToString(CultureInfo.InvariantCulture)}u";
        if (when is null)
            return text;
        IMethodSymbol? method = device.GetMembers(when).OfType<IMethodSymbol>().FirstOrDefault(
            candidate => candidate.ReturnType.SpecialType == SpecialType.System_Boolean && !candidate.IsStatic && candidate.Parameters.Length <= 1);
        if (method is null)
        {
            Report(DiagnosticTable.NoMember, field, field.Name, when, "method 'bool M()' or 'bool M(uint version)'", device.Name);
            return text;
        }
        return $"{text}, when: {LambdaHead}{_device} d, uint version) => d.{when}({(method.Parameters.IsEmpty ? "" : "version")})";
    }

    private static void AddPlainCode(MemberModel member, IFieldSymbol field, AttributeData attribute)
    {
        string? kind = AttributeNames.ShortName(attribute);
        string access = $"d.{field.Name}";
        if (kind is "VMStateField" or "VMStateTimer" && TypeForms.PlainBytes(field.Type) is > 0 and int bytes)
        {
            ITypeSymbol underlying = TypeForms.Underlying(field.Type);
            bool isEnum = !SymbolEqualityComparer.Default.Equals(underlying, field.Type);
            member.PlainBytes = bytes;
            member.SaveCode = $"{Run}.Write(ref run, {{0}}, {(isEnum ? $"({TypeForms.Name(underlying)}){access}" : access)});";
            member.LoadCode = $"{Run}.Read(ref run, {{0}}, out {(isEnum ? EnumRef(field) : access)});";
            return;
        }
        if (kind is not ("VMStateArray" or "VMStateBuffer") || attribute.Argument(0) is not int count || field.Type is not IArrayTypeSymbol array)
            return;
        int size = TypeForms.PlainBytes(array.ElementType);
        if (size == 0 || count == 0 || array.ElementType.SpecialType is SpecialType.System_Boolean or SpecialType.System_Double or SpecialType.System_SByte)
            return;
        string suffix = size == 1 ? "Bytes" : "All";
        member.PlainBytes = checked(size * count);
        member.Fits = $"{Run}.Fits({access}, {Number(count)})";
        member.SaveCode = $"{Run}.Write{suffix}(ref run, {{0}}, {access}, {Number(count)});";
        member.LoadCode = $"{Run}.Read{suffix}(ref run, {{0}}, {access}, {Number(count)});";
    }

    private string Ref(IFieldSymbol field) => field.Type.TypeKind == TypeKind.Enum
        ? $"{LambdaHead}{_device} d) => ref {EnumRef(field)}"
        : $"{LambdaHead}{_device} d) => ref d.{field.Name}";

    private static string EnumRef(IFieldSymbol field) =>
        $"{TypeForms.Unsafe}.As<{TypeForms.Name(field.Type)}, {TypeForms.Name(TypeForms.Underlying(field.Type))}>(ref d.{field.Name})";

    private string Span(IFieldSymbol field) => $"{LambdaHead}{_device} d) => d.{field.Name}";

    private string? NoForm(IFieldSymbol field, string why)
    {
        Report(DiagnosticTable.NoForm, field, field.Name, field.Type.ToDisplayString(), why);
        return null;
    }

    private void Report(DiagnosticDescriptor row, ISymbol symbol, params string[] arguments) =>
        findings.Add(new Finding(row, symbol.Locations.FirstOrDefault(), arguments));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
