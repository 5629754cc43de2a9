using System.Globalization;
using System.Text;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>
/// The form of a field on the wire, as a word of a baseline: <c>uint32</c>, <c>uint16[4]</c>, <c>buffer["length"]</c>,
/// <c>struct("part":Names.Part)[2]</c>, <c>unused[8]</c>.
/// </summary>
internal sealed class FieldForm(string kind, IReadOnlyList<string> arguments, string? count)
{
    internal const string UnusedKind = "unused";

    /// <summary>What kind of field it is.</summary>
    internal string Kind { get; } = kind;

    /// <summary>What else says how it looks: the structure in it, its code, its options.</summary>
    internal IReadOnlyList<string> Arguments { get; } = arguments;

    /// <summary>A number of elements, or the name of the field that holds it, in quotes; null for a single value.</summary>
    internal string? Count { get; } = count;

    internal bool IsUnused => Kind == UnusedKind;

    /// <summary>Bytes that it always has; null where they depend on the state, or on a description elsewhere.</summary>
    internal long? Bytes
    {
        get
        {
            int size = Kind is "equal" or "atMost" && Arguments.Count > 0 ? ScalarBytes(Arguments[0]) : ScalarBytes(Kind);
            if (size == 0 || (Count is null && IsUnused))
                return null;
            if (Count is null)
                return size;
            return long.TryParse(Count, NumberStyles.None, CultureInfo.InvariantCulture, out long count) ? size * count : null;
        }
    }

    /// <summary>The structure that it holds, such as <c>"part":Names.Part</c>; null for none, or one that a member of the device describes.</summary>
    internal string? Nested => Arguments.FirstOrDefault(argument => argument[0] == '"' && argument.Contains("\":"));

    /// <summary>The field fixes which version of the structure in it is saved, so that the structure can grow.</summary>
    internal bool IsVersioned => Arguments.Any(argument => argument.StartsWith("StructVersion=", StringComparison.Ordinal));

    internal static FieldForm Unused(int bytes) => new(UnusedKind, [], bytes.ToString(CultureInfo.InvariantCulture));

    /// <summary>So many bytes for each one that a field tells.</summary>
    internal static FieldForm Unused(int bytes, string countName) =>
        new(UnusedKind, [bytes.ToString(CultureInfo.InvariantCulture)], BaselineWriter.Quote(countName));

    public override string ToString()
    {
        var text = new StringBuilder(Kind);
        if (Arguments.Count > 0)
            text.Append('(').Append(string.Join(",", Arguments)).Append(')');
        if (Count is not null)
            text.Append('[').Append(Count).Append(']');
        return text.ToString();
    }

    private static int ScalarBytes(string kind) => kind switch
    {
        "uint8" or "int8" or "bool" or "buffer" or UnusedKind => 1,
        "uint16" or "int16" => 2,
        "uint32" or "int32" => 4,
        "uint64" or "int64" or "float64" or "timer" => 8,
        _ => 0,
    };
}
