using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>Finds each device of a project in its baselines, and compares the two.</summary>
internal sealed class BaselineComparison
{
    private readonly Dictionary<DeviceShape, DeviceShape> _released = [];
    private readonly HashSet<string> _nested = [];
    private readonly HashSet<string> _unreadable = [];

    /// <param name="types">Types of the project that have a state.</param>
    /// <param name="files">Its baselines. Where one cannot be read, nothing is compared: what it lacks is not gone.</param>
    /// <param name="cancellation">Ends it early.</param>
    internal BaselineComparison(IEnumerable<INamedTypeSymbol> types, IReadOnlyList<BaselineFile> files, CancellationToken cancellation)
    {
        Files = files;
        foreach (INamedTypeSymbol type in types)
        {
            if (DeviceShape.Of(type, cancellation) is { } device)
                Devices.Add(device);
            else
                _unreadable.Add(type.ToDisplayString());
        }
        if (files.Count == 0 || files.Any(file => file.Error is not null))
            return;
        IsComparable = true;
        List<DeviceShape> old = [.. files.SelectMany(file => file.Devices)];
        List<DeviceShape> now = [.. Devices];
        Pair(old, now, device => device.Reference);
        Pair(old, now, device => device.Name);
        Pair(old, now, device => device.Type);
        Gone.AddRange(old.Where(device => !_unreadable.Contains(device.Type)));
        foreach (DeviceShape device in files.SelectMany(file => file.Devices))
            NoteNested(device.Section);
    }

    /// <summary>There are baselines, and all can be read.</summary>
    internal bool IsComparable { get; }

    internal IReadOnlyList<BaselineFile> Files { get; }

    /// <summary>Devices of the source.</summary>
    internal List<DeviceShape> Devices { get; } = [];

    /// <summary>Devices of a baseline that the source no longer has.</summary>
    internal List<DeviceShape> Gone { get; } = [];

    /// <summary>What was released of a device of the source; null for a new one.</summary>
    internal DeviceShape? ReleasedOf(DeviceShape device) => _released.TryGetValue(device, out DeviceShape released) ? released : null;

    /// <summary>What is different in a device; nothing where the project has no baseline that can be read.</summary>
    internal List<Difference> Compare(DeviceShape device)
    {
        if (!IsComparable)
            return [];
        if (ReleasedOf(device) is not { } released)
            return [new Difference(DiagnosticTable.NotInBaseline, device.Name, device.Name) { Place = device.Section.Place }];
        var comparison = new SectionComparison(IsSameStructure, IsNested(device));
        comparison.Compare(released.Section, device.Section);
        if (BaselineWriter.Write(released) != BaselineWriter.Write(device))
        {
            comparison.Differences.Add(
                new Difference(DiagnosticTable.BaselineBehind, device.Name, device.Name) { Place = device.Section.Place, OldSection = released.Section });
        }
        return comparison.Differences;
    }

    // Only where a name is one device's, or a hasty pair would hide a difference.
    private void Pair(List<DeviceShape> old, List<DeviceShape> now, Func<DeviceShape, string> key)
    {
        foreach (IGrouping<string, DeviceShape> group in old.GroupBy(key).ToArray())
        {
            DeviceShape[] found = [.. now.Where(device => key(device) == group.Key)];
            if (group.Count() != 1 || found.Length != 1)
                continue;
            _released[found[0]] = group.First();
            old.Remove(group.First());
            now.Remove(found[0]);
        }
    }

    /// <summary>It stands in other devices, so that its own version is in no state.</summary>
    internal bool IsNested(DeviceShape device) => ReleasedOf(device) is { } released && _nested.Contains(released.Reference);

    private bool IsSameStructure(string old, string now) =>
        _released.Any(pair => pair.Value.Reference == old && pair.Key.Reference == now);

    private void NoteNested(SectionShape section)
    {
        foreach (FieldForm form in section.Fields.Select(field => field.Form))
        {
            if (form.Nested is not null && !form.IsVersioned)
                _nested.Add(form.Nested);
        }
        foreach (SectionShape subsection in section.Subsections)
            NoteNested(subsection);
    }
}
