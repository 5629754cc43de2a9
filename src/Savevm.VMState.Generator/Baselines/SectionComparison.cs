using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>
/// Compares a device with the released one, for each version that both have: every state that was saved must be read as it was written.
/// A structure in another device is loaded as what it is now, whatever its version was, so that nothing may be added to it.
/// </summary>
internal sealed class SectionComparison(Func<string, string, bool> isSameStructure, bool isNested)
{
    // What each released field is called now; null for one that is no longer loaded. Counts are told by name.
    private readonly Dictionary<string, string?> _names = [];

    internal List<Difference> Differences { get; } = [];

    internal void Compare(SectionShape old, SectionShape now)
    {
        if (old.Name != now.Name)
            Add(new Difference(DiagnosticTable.NameChanged, now.Name, old.Name, now.Name), old, now);
        CompareSection(old, now, isNested);
    }

    private void CompareSection(SectionShape old, SectionShape now, bool isFrozen)
    {
        if (now.Version < old.Version)
            Add(new Difference(DiagnosticTable.VersionLowered, now.Name, now.Name, Text(now.Version), Text(old.Version)), old, now);
        if (now.MinimumVersion > old.MinimumVersion)
            Add(new Difference(DiagnosticTable.MinimumRaised, now.Name, now.Name, Text(old.MinimumVersion), Text(now.MinimumVersion)), old, now);
        uint low = Math.Max(old.MinimumVersion, now.MinimumVersion);
        uint high = Math.Min(old.Version, now.Version);
        if (isFrozen)
            CompareFields(old, now, uint.MaxValue, uint.MaxValue);
        if (low <= high)
            CompareFields(old, now, low, high);
        if (isFrozen || low <= high)
            CompareSubsections(old, now);
    }

    private void CompareFields(SectionShape old, SectionShape now, uint low, uint high)
    {
        // The version that a nested structure is told is its own one of today.
        bool isOtherVersion = low == uint.MaxValue && old.Version != now.Version;
        bool SameCondition(FieldShape one, FieldShape other) =>
            one.When == other.When && Since(one, low) == Since(other, low) && !(isOtherVersion && TakesVersion(other));
        bool SameField(FieldShape one, FieldShape other) => SameCondition(one, other) && SameForm(one.Form, other.Form, byName: false);
        var alignment = new FieldAlignment(Loaded(old, high), Loaded(now, high), SameField, SameCondition);
        foreach (FieldShape field in alignment.Removed.Concat(alignment.Absorbed))
            _names[field.Name] = null;
        foreach ((FieldShape was, FieldShape current) in alignment.Pairs.Concat(alignment.Moved))
            _names[was.Name] = current.Name;

        foreach (FieldShape field in alignment.Removed)
            Add(new Difference(DiagnosticTable.Removed, now.Name, field.Name, now.Name) { Old = field }, old, now);
        foreach (FieldShape field in alignment.Added)
        {
            bool isNewer = field.When is null && field.Since > old.Version;
            Add(new Difference(isNewer ? DiagnosticTable.NestedGrew : DiagnosticTable.Added, now.Name, field.Name, now.Name) { Now = field }, old, now);
        }
        foreach ((FieldShape was, FieldShape current) in alignment.Moved)
            Add(new Difference(DiagnosticTable.Moved, now.Name, current.Name, now.Name) { Old = was, Now = current }, old, now);
        foreach ((FieldShape was, FieldShape current) in alignment.Pairs.Concat(alignment.Moved))
        {
            if (!SameForm(was.Form, current.Form, byName: true))
                AddPair(DiagnosticTable.Retyped, was, current, was.Form.ToString(), current.Form.ToString());
            if (!SameCondition(was, current))
                AddPair(DiagnosticTable.ConditionChanged, was, current, Condition(was), Condition(current));
            if (was.Name != current.Name)
                AddPair(DiagnosticTable.Renamed, was, current, was.Name, current.Name);
        }

        void AddPair(DiagnosticDescriptor rule, FieldShape was, FieldShape current, string before, string after) =>
            Add(new Difference(rule, now.Name, current.Name, now.Name, before, after) { Old = was, Now = current }, old, now);
    }

    private void CompareSubsections(SectionShape old, SectionShape now)
    {
        List<SectionShape> gone = [.. old.Subsections.Where(was => now.Subsections.All(current => current.Name != was.Name))];
        foreach (SectionShape current in now.Subsections)
        {
            if (old.Subsections.Find(was => was.Name == current.Name) is { } same)
            {
                CompareSection(same, current, isFrozen: false);
                continue;
            }
            if (gone.Find(was => IsAlike(was, current)) is { } renamed)
            {
                gone.Remove(renamed);
                Add(new Difference(DiagnosticTable.SubsectionRenamed, current.Name, renamed.Name, current.Name), renamed, current);
            }
            else if (current.Needed is null)
            {
                Add(new Difference(DiagnosticTable.SubsectionAlways, current.Name, current.Name), old, current);
            }
        }
        foreach (SectionShape was in gone)
            Add(new Difference(DiagnosticTable.SubsectionGone, now.Name, was.Name, now.Name), was, now);
    }

    private bool IsAlike(SectionShape old, SectionShape now) => old.Fields.Count == now.Fields.Count && old.Fields.Count > 0
        && old.Fields.Zip(now.Fields, (one, other) => SameForm(one.Form, other.Form, byName: false)).All(isSame => isSame);

    private bool SameForm(FieldForm old, FieldForm now, bool byName)
    {
        bool isSame = old.Kind == now.Kind && old.Arguments.Count == now.Arguments.Count
            && old.Arguments.Zip(now.Arguments, (one, other) => one == other || isSameStructure(one, other)).All(same => same);
        if (!isSame || !byName || old.Count is null || old.Count[0] != '"')
            return isSame && old.Count == now.Count;
        // The count must still be loaded from where it stands.
        string counted = new BaselineLine(old.Count, 0).Quoted("");
        return _names.TryGetValue(counted, out string? current)
            ? current is not null && BaselineWriter.Quote(current) == now.Count
            : old.Count == now.Count;
    }

    // A field of a section that reaches its own range of versions twice is told about once.
    private void Add(Difference difference, SectionShape old, SectionShape now)
    {
        difference.OldSection = old;
        difference.NowSection = now;
        difference.Place = now.Place;
        bool isThere = Differences.Exists(other => other.Rule.Id == difference.Rule.Id && other.Section == difference.Section
            && other.Old == difference.Old && other.Now == difference.Now && other.OldSection == old);
        if (!isThere)
            Differences.Add(difference);
    }

    // What has no bytes changes none.
    private static List<FieldShape> Loaded(SectionShape section, uint version) =>
        [.. section.Fields.Where(field => field.IsIn(version) && field.Form.Bytes != 0)];

    private static uint Since(FieldShape field, uint low) => field.When is not null || field.Since <= low ? 0 : field.Since;

    private static bool TakesVersion(FieldShape field) => field.When is { } method && field.Symbol is { } symbol
        && symbol.ContainingType.GetMembers(method).OfType<IMethodSymbol>().Any(found => !found.Parameters.IsEmpty);

    private static string Condition(FieldShape field) =>
        field.When is not null ? $"when {field.When} says so" : field.Since == 0 ? "always" : $"since version {Text(field.Since)}";

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
