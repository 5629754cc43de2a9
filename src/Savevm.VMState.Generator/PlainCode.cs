using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>Straight-line code for members whose place in a run of bytes is known when it is compiled.</summary>
internal static class PlainCode
{
    private const string Run = "global::Savevm.VMState.Saving.VMStateRun";

    internal static void AddUnused(MemberModel model, int bytes)
    {
        model.PlainBytes = bytes;
        model.SaveCode = $"{Run}.Clear(ref run, {{0}}, {Number(bytes)});";
    }

    internal static void Add(MemberModel model, MemberSource member, AttributeData attribute)
    {
        string? kind = AttributeNames.ShortName(attribute);
        if (kind is "VMStateField" or "VMStateTimer" && TypeForms.PlainBytes(member.Type) is > 0 and int bytes)
        {
            model.PlainBytes = bytes;
            model.SaveCode = $"{Run}.Write(ref run, {{0}}, {member.Access});";
            model.LoadCode = $"{Run}.Read(ref run, {{0}}, out {member.Access});";
            return;
        }
        bool isArray = kind is "VMStateArray" or "VMStateBuffer" or "VMStateTimer";
        if (!isArray || attribute.Argument(0) is not int count || attribute.Value("Start") is int || member.Type is not IArrayTypeSymbol { Rank: 1 } array)
            return;
        int size = TypeForms.PlainBytes(array.ElementType);
        if (size == 0 || count == 0 || array.ElementType.SpecialType == SpecialType.System_Boolean)
            return;
        model.PlainBytes = checked(size * count);
        model.Fits = $"{Run}.Fits({member.Access}, {Number(count)})";
        model.SaveCode = $"{Run}.WriteAll(ref run, {{0}}, {member.Access}, {Number(count)});";
        model.LoadCode = $"{Run}.ReadAll(ref run, {{0}}, {member.Access}, {Number(count)});";
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
