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
    internal IEnumerable<MemberModel> Read(ISymbol symbol)
    {
        AttributeData[] kinds = [.. symbol.GetAttributes().Where(IsKind)];
        if (kinds.Length == 0)
            yield break;
        if (symbol is IMethodSymbol method)
        {
            foreach (AttributeData validation in kinds)
                yield return Validation(method, validation);
            yield break;
        }
        if (kinds.Length > 1)
        {
            Report(DiagnosticTable.SeveralKinds, symbol, symbol.Name);
            yield break;
        }
        if (MemberSource.Of(symbol, device) is not { } field)
        {
            Report(DiagnosticTable.NoPlace, symbol, symbol.Name);
            yield break;
        }
        // An array that is never assigned again can still be filled.
        if (field.Fixed is { } why && (field.IsStatic || field.Type is not IArrayTypeSymbol || Limit(kinds[0]) > 0))
        {
            Report(DiagnosticTable.NotWritable, symbol, field.Name, why);
            yield break;
        }
        string? subsection = kinds[0].Text("Subsection");
        foreach (MemberModel unused in Unused(field, symbol, behind: false, subsection))
            yield return unused;
        if (Member(field, kinds[0], subsection) is { } member)
            yield return member;
        foreach (MemberModel unused in Unused(field, symbol, behind: true, subsection))
            yield return unused;
    }

    private MemberModel Validation(IMethodSymbol method, AttributeData attribute)
    {
        bool isTest = method.ReturnType.SpecialType == SpecialType.System_Boolean && !method.IsStatic && !method.IsGenericMethod
            && (method.Parameters.IsEmpty || (method.Parameters.Length == 1 && method.Parameters[0].Type.SpecialType == SpecialType.System_UInt32));
        if (!isTest)
            Report(DiagnosticTable.BadHook, method, method.Name, "must return bool, and take nothing or a uint");
        string call = $"d.{method.Name}({(method.Parameters.IsEmpty ? "" : "version")})";
        string name = Quote(attribute.Argument(0) as string ?? method.Name);
        return new MemberModel($".Validate({name}, {LambdaHead}{_device} d, uint version) => {call})", attribute.Text("Subsection"), 0);
    }

    internal static bool IsKind(AttributeData attribute) => AttributeNames.ShortName(attribute) is
        "VMStateField" or "VMStateArray" or "VMStateBuffer" or "VMStateBitmap" or "VMStateTimer" or "VMStateEqual" or "VMStateQueue"
        or "VMStateTree" or "VMStateCustom" or "VMStateTemporary" or "VMStateDescriptor" or "VMStateValidate";

    private IEnumerable<MemberModel> Unused(MemberSource field, ISymbol symbol, bool behind, string? subsection)
    {
        foreach (AttributeData attribute in symbol.GetAttributes())
        {
            if (AttributeNames.ShortName(attribute) != "VMStateUnused" || attribute.Value("Behind") is true != behind)
                continue;
            int bytes = attribute.Argument(0) as int? ?? 0;
            uint since = attribute.Number("Since");
            string? when = attribute.Text("When");
            string? countField = attribute.Text("CountField");
            string? count = countField is null ? "" : CountedBy(field, countField) is { } counted ? $"{counted}, " : null;
            if (count is null)
                continue;
            var member = new MemberModel($".Unused({Number(bytes)}, {count}\"unused\"{Condition(field, since, when)})", subsection, since);
            FieldForm form = countField is null ? FieldForm.Unused(bytes) : FieldForm.Unused(bytes, NameOf(countField));
            member.Shape = new FieldShape("unused", form, since, when, symbol);
            if (when is null && countField is null)
                PlainCode.AddUnused(member, bytes);
            yield return member;
        }
    }

    private MemberModel? Member(MemberSource field, AttributeData attribute, string? subsection)
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
            "VMStateTimer" => Timer(field, attribute),
            "VMStateEqual" => Equal(field, attribute),
            "VMStateQueue" => Container(field, attribute.Value("IsList") is true ? "List" : "Queue", "System.Collections.Generic.List<T>", 0),
            "VMStateTree" => Container(field, "Tree", "System.Collections.Generic.SortedDictionary<TKey, TValue>", 1),
            "VMStateCustom" => Custom(attribute),
            "VMStateDescriptor" => Descriptor(field),
            _ => Temporary(field, attribute),
        };
        if (call is null)
            return null;
        int open = call.IndexOf('(');
        string rest = call.Substring(open + 1);
        var member = new MemberModel(
            $".{call.Substring(0, open)}({Quote(name)}, {rest}{Condition(field, since, when)}){Allocation(field, attribute)}", subsection, since)
        {
            Accessor = field.Accessor,
        };
        string? count = attribute.Text("CountField") is { } counted ? NameOf(counted) : null;
        member.Shape = new FieldShape(name, FormReader.Read(field.Type, attribute, call.Substring(0, open), count), since, when, field.Symbol);
        if (when is null)
            PlainCode.Add(member, field, attribute);
        return member;
    }

    private string? Value(MemberSource field, AttributeData attribute)
    {
        if (attribute.Value("IsFloat64") is true)
            return field.Type.SpecialType == SpecialType.System_Double ? $"Float64({Ref(field)}" : NoForm(field, "is no double, as a float64 is");
        if (TypeForms.PlainBytes(field.Type) > 0)
            return $"Field({Ref(field)}";
        if (field.Type.SpecialType == SpecialType.System_String)
            return $"CountedName({Ref(field)}";
        if (field.Type is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte })
            return $"CountedBytes({Ref(field)}";
        if (Description(field, attribute, field.Type) is not { } description)
            return null;
        int version = attribute.Value("StructVersion") as int? ?? -1;
        return version < 0 ? $"Struct({Ref(field)}, {description}" : $"VersionedStruct({Ref(field)}, {description}, {Number(version)}u";
    }

    private string? Array(MemberSource field, AttributeData attribute)
    {
        if (field.Type is not IArrayTypeSymbol { Rank: 1 or 2 } array)
            return NoForm(field, "is no array of one or two dimensions");
        if (Count(field, attribute) is not { } count)
            return null;
        if (TypeForms.PlainBytes(array.ElementType) > 0)
            return $"Array({Span(field, attribute)}, {count}";
        if (Description(field, attribute, array.ElementType) is not { } description)
            return null;
        bool areAllocated = attribute.Value("AllocatesElements") is true;
        if (attribute.Value("Pointers") is not true && !areAllocated)
            return $"Structs({Span(field, attribute)}, {count}, {description}";
        if (array.ElementType.IsValueType)
            return NoForm(field, "is an array of values, which cannot be null");
        if (!areAllocated)
            return $"Pointers({Span(field, attribute)}, {count}, {description}";
        ITypeSymbol element = array.ElementType.WithNullableAnnotation(NullableAnnotation.None);
        return TypeForms.HasEmptyConstructor(element)
            ? $"AllocatedPointers({Span(field, attribute)}, {count}, {description}, static () => new {TypeForms.Name(element)}()"
            : NoForm(field, "has elements without a constructor that takes nothing");
    }

    // The array itself is made when a state is loaded.
    private string Allocation(MemberSource field, AttributeData attribute)
    {
        int limit = Limit(attribute);
        if (limit <= 0)
            return "";
        if (field.Type is not IArrayTypeSymbol { Rank: 1 } array || attribute.Text("CountField") is null || attribute.Value("Start") is int)
        {
            Report(DiagnosticTable.NoCount, field.Symbol, field.Name);
            return "";
        }
        string element = TypeForms.Name(array.ElementType);
        bool areNull = attribute.Value("Pointers") is true || attribute.Value("AllocatesElements") is true;
        bool isMade = !areNull && !array.ElementType.IsValueType;
        string made = AttributeNames.ShortName(attribute) == "VMStateBitmap" ? $"new ulong[(count + 63) / 64]"
            : isMade ? $"{Run}.Made<{element}>(count)" : $"new {element}[count]";
        return $".AllocatedUpTo({Number(limit)}, {LambdaHead}{_device} d, int count) => {field.Access} = {made})";
    }

    private static int Limit(AttributeData attribute) => attribute.Value("Limit") as int? ?? 0;

    private string? Bytes(MemberSource field, AttributeData attribute, string method, SpecialType element)
    {
        if (field.Type is not IArrayTypeSymbol { Rank: 1 } array || array.ElementType.SpecialType != element)
            return NoForm(field, element == SpecialType.System_Byte ? "is no array of bytes" : "is no array of ulong");
        if (Count(field, attribute) is not { } count)
            return null;
        int factor = attribute.Value("Factor") as int? ?? 1;
        return $"{method}({Span(field, attribute)}, {count}" + (factor == 1 ? "" : $", factor: {Number(factor)}");
    }

    private string? Timer(MemberSource field, AttributeData attribute)
    {
        if (field.Type.SpecialType == SpecialType.System_Int64)
            return $"Timer({Ref(field)}";
        if (field.Type is not IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Int64 })
            return NoForm(field, "is no long or array of long, as the expiry of a timer is");
        return attribute.Argument(0) is int and >= 0 and int count ? $"Timers({Span(field, attribute)}, {Number(count)}" : NoCount(field);
    }

    private string? Descriptor(MemberSource field) =>
        field.Type.SpecialType == SpecialType.System_Int32 ? $"Descriptor({Ref(field)}" : NoForm(field, "is no int, as a descriptor is");

    private string? Equal(MemberSource field, AttributeData attribute)
    {
        SpecialType type = TypeForms.Underlying(field.Type).SpecialType;
        if (attribute.Value("OrLess") is true)
            return type == SpecialType.System_Int32 ? $"AtMost({Ref(field)}" : NoForm(field, "is no int, as a number that may be less is");
        bool isKnown = type is SpecialType.System_Byte or SpecialType.System_UInt16 or SpecialType.System_Int32 or SpecialType.System_UInt32
            or SpecialType.System_UInt64;
        string hint = attribute.Text("Hint") is { } text ? $", hint: {Quote(text)}" : "";
        return isKnown ? $"Equal({Ref(field)}{hint}" : NoForm(field, "has no checked form: byte, ushort, int, uint and ulong have");
    }

    private string? Container(MemberSource field, string method, string expected, int elementIndex)
    {
        if (field.Type is not INamedTypeSymbol named || named.OriginalDefinition.ToDisplayString() != expected)
            return NoForm(field, $"is no {expected}");
        string key = "";
        if (elementIndex == 1 && named.TypeArguments[0] is var keyType && keyType.SpecialType != SpecialType.System_UInt64)
        {
            if (!TypeForms.HasState(keyType) || !TypeForms.HasEmptyConstructor(keyType))
                return NoForm(field, "has keys that are neither ulong nor of a type with [VMState] and a constructor that takes nothing");
            key = $"{TypeForms.Name(keyType)}.StateDescription, static () => new {TypeForms.Name(keyType)}(), ";
        }
        ITypeSymbol element = named.TypeArguments[elementIndex];
        if (!TypeForms.HasState(element) || !TypeForms.HasEmptyConstructor(element))
            return NoForm(field, "has elements without [VMState] or without a constructor that takes nothing");
        string type = TypeForms.Name(element);
        return $"{method}({Ref(field)}, {key}{type}.StateDescription, static () => new {type}()";
    }

    private static string? Custom(AttributeData attribute) =>
        $"Custom({Quote(attribute.Argument(0) as string ?? "")}, new {TypeForms.Name((ITypeSymbol)attribute.Argument(1)!)}()";

    private string? Temporary(MemberSource field, AttributeData attribute)
    {
        var form = (ITypeSymbol)attribute.Argument(0)!;
        INamedTypeSymbol? implemented = form.AllInterfaces.FirstOrDefault(
            type => type.OriginalDefinition.ToDisplayString() == "Savevm.VMState.Descriptions.ITemporary<TDevice, TTemporary>"
                && SymbolEqualityComparer.Default.Equals(type.TypeArguments[0], device));
        return implemented is null || !TypeForms.HasState(implemented.TypeArguments[1])
            ? NoForm(field, $"has the form '{form.Name}' that does not implement ITemporary of this type and one with [VMState]")
            : $"Temporary({TypeForms.Name(implemented.TypeArguments[1])}.StateDescription, new {TypeForms.Name(form)}()";
    }

    private string? Description(MemberSource field, AttributeData attribute, ITypeSymbol type)
    {
        if (attribute.Text("Description") is { } member)
        {
            if (device.GetMembers(member).Any(symbol => symbol.IsStatic && symbol is IFieldSymbol or IPropertySymbol))
                return $"{_device}.{member}";
            Report(DiagnosticTable.NoMember, field.Symbol, field.Name, member, "static field or property", device.Name);
            return null;
        }
        return TypeForms.HasState(type)
            ? $"{TypeForms.Name(type.WithNullableAnnotation(NullableAnnotation.None))}.StateDescription"
            : NoForm(field, "has no [VMState] and is no integer, enumeration, bool, double or string");
    }

    private string? Count(MemberSource field, AttributeData attribute)
    {
        int? count = attribute.Argument(0) as int?;
        string? countField = attribute.Text("CountField");
        if (count.HasValue == countField is not null || count < 0)
        {
            return NoCount(field);
        }
        return countField is null ? Number(count!.Value) : CountedBy(field, countField);
    }

    private string? CountedBy(MemberSource field, string countField)
    {
        if (device.GetMembers(countField).Any(symbol => symbol is IFieldSymbol { IsStatic: false } or IPropertySymbol { IsStatic: false }))
            return $"{Quote(NameOf(countField))}, {LambdaHead}{_device} d) => (long)d.{countField}";
        Report(DiagnosticTable.NoMember, field.Symbol, field.Name, countField, "field or property", device.Name);
        return null;
    }

    // The name in the description of the member that holds a count.
    private string NameOf(string member)
    {
        AttributeData? attribute = device.GetMembers(member).SelectMany(symbol => symbol.GetAttributes()).FirstOrDefault(IsKind);
        return attribute?.Text("Name") ?? member;
    }

    private string Condition(MemberSource field, uint since, string? when)
    {
        string text = since == 0 ? "" : $", since: {since.ToString(CultureInfo.InvariantCulture)}u";
        if (when is null)
            return text;
        IMethodSymbol? method = device.GetMembers(when).OfType<IMethodSymbol>().FirstOrDefault(
            candidate => candidate.ReturnType.SpecialType == SpecialType.System_Boolean && !candidate.IsStatic && candidate.Parameters.Length <= 1);
        if (method is null)
        {
            Report(DiagnosticTable.NoMember, field.Symbol, field.Name, when, "method 'bool M()' or 'bool M(uint version)'", device.Name);
            return text;
        }
        return $"{text}, when: {LambdaHead}{_device} d, uint version) => d.{when}({(method.Parameters.IsEmpty ? "" : "version")})";
    }

    private string Ref(MemberSource field) => field.Type.TypeKind == TypeKind.Enum
        ? $"{LambdaHead}{_device} d) => ref {TypeForms.Unsafe}.As<{TypeForms.Name(field.Type)}, {Underlying(field.Type)}>(ref {field.Access})"
        : $"{LambdaHead}{_device} d) => ref {field.Access}";

    private string Span(MemberSource field, AttributeData attribute)
    {
        var array = (IArrayTypeSymbol)field.Type;
        string span = array.Rank == 2 ? $"{Run}.Flat({field.Access})"
            : attribute.Value("Start") is int start ? $"{Run}.From({field.Access}, {Number(start)})"
            : field.Access;
        if (array.ElementType.TypeKind == TypeKind.Enum)
        {
            string from = TypeForms.Name(array.ElementType);
            span = $"global::System.Runtime.InteropServices.MemoryMarshal.Cast<{from}, {Underlying(array.ElementType)}>((global::System.Span<{from}>){span})";
        }
        return $"{LambdaHead}{_device} d) => {span}";
    }

    private static string Underlying(ITypeSymbol type) => TypeForms.Name(TypeForms.Underlying(type));

    private string? NoCount(MemberSource field)
    {
        Report(DiagnosticTable.NoCount, field.Symbol, field.Name);
        return null;
    }

    private string? NoForm(MemberSource field, string why)
    {
        Report(DiagnosticTable.NoForm, field.Symbol, field.Name, field.Type.ToDisplayString(), why);
        return null;
    }

    private void Report(DiagnosticDescriptor row, ISymbol symbol, params string[] arguments) =>
        findings.Add(new Finding(row, symbol.Locations.FirstOrDefault(), arguments));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
