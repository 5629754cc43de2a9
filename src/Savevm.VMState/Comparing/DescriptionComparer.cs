using System.Globalization;
using Savevm.VMState.Descriptions;

namespace Savevm.VMState.Comparing;

/// <summary>
/// Says how a description differs from an older one, whichever of them came from attributes, a builder, a stream or a dump. What one of
/// them does not tell, such as the kinds of values in a dump, is not compared. A field whose bytes are without meaning now is not removed.
/// </summary>
public sealed class DescriptionComparer
{
    private readonly List<DescriptionDifference> _found = [];

    private DescriptionComparer()
    {
    }

    /// <summary>Compares.</summary>
    /// <param name="older">The one that there was.</param>
    /// <param name="newer">The one that there is.</param>
    /// <returns>The differences, in the order of the fields; none where either takes the other's states.</returns>
    public static IReadOnlyList<DescriptionDifference> Compare(VMStateDescription older, VMStateDescription newer)
    {
        ArgumentNullException.ThrowIfNull(older);
        ArgumentNullException.ThrowIfNull(newer);
        var comparer = new DescriptionComparer();
        comparer.Descriptions(older, newer, newer.Name);
        return comparer._found;
    }

    private void Descriptions(VMStateDescription older, VMStateDescription newer, string path)
    {
        if (older.Name != newer.Name)
            Note(DescriptionChange.Renamed, path, older.Name, newer.Name);
        if (newer.Version < older.Version)
            Note(DescriptionChange.VersionLowered, path, Text(older.Version), Text(newer.Version));
        if (newer.MinimumVersion > older.Version)
            Note(DescriptionChange.VersionRefused, path, Text(older.Version), Text(newer.MinimumVersion));
        Fields(older, newer, path);
        foreach (VMStateDescription subsection in older.Subsections)
        {
            VMStateDescription? same = newer.Subsections.FirstOrDefault(other => other.Name == subsection.Name);
            if (same is null)
                Note(DescriptionChange.SubsectionRemoved, path, subsection.Name, "");
            else
                Descriptions(subsection, same, same.Name);
        }
        foreach (VMStateDescription subsection in newer.Subsections)
        {
            if (older.Subsections.All(other => other.Name != subsection.Name))
                Note(DescriptionChange.SubsectionAdded, path, "", subsection.Name);
        }
    }

    // Both lists are walked together: a name that comes later in the other list says that what stands before it there was added or removed.
    private void Fields(VMStateDescription older, VMStateDescription newer, string path)
    {
        VMStateField[] before = [.. older.Fields.Where(HasBytes)];
        VMStateField[] after = [.. newer.Fields.Where(HasBytes)];
        int i = 0;
        int k = 0;
        while (i < before.Length && k < after.Length)
        {
            if (before[i].Name == after[k].Name || IsReplaced(before[i], after[k]))
                Field(before[i++], after[k++], Effective(before[i - 1], older), Effective(after[k - 1], newer), path);
            else if (Array.FindIndex(after, k, field => field.Name == before[i].Name) >= 0)
                Note(DescriptionChange.Added, $"{path}/{after[k].Name}", "", Shape(after[k++]));
            else
                Note(DescriptionChange.Removed, $"{path}/{before[i].Name}", Shape(before[i++]), "");
        }
        for (; i < before.Length; i++)
            Note(DescriptionChange.Removed, $"{path}/{before[i].Name}", Shape(before[i]), "");
        for (; k < after.Length; k++)
            Note(DescriptionChange.Added, $"{path}/{after[k].Name}", "", Shape(after[k]));
    }

    // A version that every state has which is loaded at all decides nothing.
    private static uint Effective(VMStateField field, VMStateDescription description) =>
        field.FromVersion <= description.MinimumVersion ? 0 : field.FromVersion;

    private void Field(VMStateField older, VMStateField newer, uint olderVersion, uint newerVersion, string path)
    {
        string at = $"{path}/{newer.Name}";
        if (older.Nested is null != newer.Nested is null)
            Note(DescriptionChange.Retyped, at, Shape(older), Shape(newer));
        else if (IsKindKnown(older) && IsKindKnown(newer) && older.TypeName != newer.TypeName)
            Note(DescriptionChange.Retyped, at, older.TypeName, newer.TypeName);
        else if (HasKnownSize(older) && HasKnownSize(newer) && older.ElementBytes != newer.ElementBytes)
            Note(DescriptionChange.Resized, at, Text(older.ElementBytes), Text(newer.ElementBytes));
        if (older.IsArray && newer.IsArray && older.CountField is null && newer.CountField is null && older.FixedCount != newer.FixedCount)
            Note(DescriptionChange.Recounted, at, Text(older.FixedCount), Text(newer.FixedCount));
        if (older.IsConditional != newer.IsConditional)
            Note(DescriptionChange.Reconditioned, at, When(older), When(newer));
        else if (!older.IsConditional && olderVersion != newerVersion)
            Note(DescriptionChange.Reversioned, at, Text(older.FromVersion), Text(newer.FromVersion));
        if (older.Nested is not null && newer.Nested is not null)
            Descriptions(older.Nested, newer.Nested, at);
    }

    private static bool HasBytes(VMStateField field) => field.Kind != VMStateFieldKind.Validation
        && !(field.Kind == VMStateFieldKind.Unknown && field is { IsArray: true, FixedCount: 0 });

    private static bool IsReplaced(VMStateField older, VMStateField newer) =>
        (IsUnused(older) || IsUnused(newer)) && older.ElementBytes * older.FixedCount == newer.ElementBytes * newer.FixedCount && newer.ElementBytes > 0;

    private static bool IsUnused(VMStateField field) => field.Kind == VMStateFieldKind.Unused || field is { Kind: VMStateFieldKind.Unknown, Name: "unused" };

    private static bool IsKindKnown(VMStateField field) => field.Kind is not (VMStateFieldKind.Unknown or VMStateFieldKind.Unused);

    // A dump tells the bytes of a value in memory: of timers, own code and containers they are others than those on the wire.
    private static bool HasKnownSize(VMStateField field) => field.ElementBytes > 0 && field.CountField is null && field.Kind is
        <= VMStateFieldKind.CpuDouble or VMStateFieldKind.Buffer or VMStateFieldKind.Unused or VMStateFieldKind.Unknown;

    private static string Shape(VMStateField field) => field.Nested is { } nested ? $"structure '{nested.Name}'" : $"{field.TypeName} {Text(field.ElementBytes)}".Trim();

    private static string When(VMStateField field) => field.IsConditional ? "by a test" : $"since version {Text(field.FromVersion)}";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void Note(DescriptionChange change, string path, string older, string newer) => _found.Add(new(change, path, older, newer));
}
