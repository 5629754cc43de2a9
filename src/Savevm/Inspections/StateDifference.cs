using Savevm.Machine.VMState;

namespace Savevm.Inspections;

/// <summary>Finds how two saved states differ: machine, devices field by field, RAM page by page.</summary>
internal static class StateDifference
{
    internal static DiffReport Find(DiffRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        using StateSubject first = StateOperations.Open(request.First, request.RepositoryPath, "diff", progress, cancellationToken);
        using StateSubject second = StateOperations.Open(request.Second, request.RepositoryPath, "diff", progress, cancellationToken);
        if (!request.ComparePages)
        {
            return Compare(Read(first, cancellationToken), Read(second, cancellationToken), request.DeviceGlob) with { Ram = null };
        }
        using TemporarySnapshot before = TemporarySnapshot.Of(first, cancellationToken);
        using TemporarySnapshot after = TemporarySnapshot.Of(second, cancellationToken);
        return Compare(StateContents.Read(before.Snapshot), StateContents.Read(after.Snapshot), request.DeviceGlob) with
        {
            Ram = PageDifference.Find(before.Snapshot.Ram, after.Snapshot.Ram, progress, cancellationToken),
        };
    }

    private static StateContents Read(StateSubject subject, CancellationToken cancellationToken)
    {
        var contents = StateContents.Read(subject, comparesPages: false, cancellationToken);
        if (contents.Survey?.Defects is [{ } defect, ..])
            throw new SavevmException(ExitCode.Damaged, $"diff of {subject.Name}", FormattableString.Invariant($"offset 0x{defect.Offset:x}: {defect.Finding}"), "savevm verify tells every defect");
        return contents;
    }

    private static DiffReport Compare(StateContents before, StateContents after, string? glob)
    {
        var machine = new List<string>();
        if (before.Machine != after.Machine)
            machine.Add($"machine {before.Machine ?? "unknown"}, then {after.Machine ?? "unknown"}");
        var devices = new List<DeviceDifference>();
        Dictionary<(string, uint), InspectedDevice> old = ByName(before, glob);
        Dictionary<(string, uint), ReadOnlyMemory<byte>> bodies = Bodies(before);
        Dictionary<(string, uint), ReadOnlyMemory<byte>> newBodies = Bodies(after);
        foreach (InspectedDevice device in after.Devices(glob))
        {
            (string, uint) key = (device.Name, device.InstanceId);
            if (!old.Remove(key, out InspectedDevice? earlier))
                devices.Add(new DeviceDifference(device.Name, device.InstanceId, "added", []));
            else if (earlier.VersionId != device.VersionId || !bodies[key].Span.SequenceEqual(newBodies[key].Span))
                devices.Add(new DeviceDifference(device.Name, device.InstanceId, "changed", Fields(earlier, device)));
        }
        devices.AddRange(old.Values.Select(device => new DeviceDifference(device.Name, device.InstanceId, "gone", [])));
        return new DiffReport { Machine = machine, Devices = devices };
    }

    private static Dictionary<(string, uint), InspectedDevice> ByName(StateContents contents, string? glob)
    {
        var byName = new Dictionary<(string, uint), InspectedDevice>();
        foreach (InspectedDevice device in contents.Devices(glob))
            byName.TryAdd((device.Name, device.InstanceId), device);
        return byName;
    }

    private static Dictionary<(string, uint), ReadOnlyMemory<byte>> Bodies(StateContents contents)
    {
        var bodies = new Dictionary<(string, uint), ReadOnlyMemory<byte>>();
        foreach (DeviceSection section in contents.Sections)
            bodies.TryAdd((section.IdStr, section.InstanceId), section.Body);
        return bodies;
    }

    private static List<FieldDifference> Fields(InspectedDevice before, InspectedDevice after)
    {
        var differences = new List<FieldDifference>();
        if (before.VersionId != after.VersionId)
            differences.Add(new FieldDifference("version", FormattableString.Invariant($"{before.VersionId}"), FormattableString.Invariant($"{after.VersionId}")));
        if (before.Fields.Count == 0 || after.Fields.Count == 0)
        {
            differences.Add(new FieldDifference("(not described)", $"{before.Bytes} bytes", $"{after.Bytes} bytes, others"));
            return differences;
        }
        Dictionary<string, InspectedField> old = Flatten(before.Fields);
        foreach ((string path, InspectedField field) in Flatten(after.Fields))
        {
            if (!old.Remove(path, out InspectedField? earlier))
                differences.Add(new FieldDifference(path, null, Text(field.Value)));
            else if (!earlier.Value.Bytes.Span.SequenceEqual(field.Value.Bytes.Span))
                AddValues(differences, path, earlier.Value, field.Value);
        }
        differences.AddRange(old.Select(pair => new FieldDifference(pair.Key, Text(pair.Value.Value), null)));
        return differences;
    }

    /// <summary>Of an array the elements that differ, of raw bytes the range.</summary>
    private static void AddValues(List<FieldDifference> differences, string path, InspectedValue before, InspectedValue after)
    {
        if (before.Kind == after.Kind && before.Count == after.Count && before.Count > 1)
        {
            for (int i = 0; i < before.Count; i++)
            {
                if (before.Text(i) != after.Text(i))
                    differences.Add(new FieldDifference(FormattableString.Invariant($"{path}[{i}]"), before.Text(i), after.Text(i)));
            }
            return;
        }
        differences.Add(new FieldDifference(path, Text(before), Text(after)));
    }

    private static string Text(InspectedValue value)
    {
        const int longest = 64;
        if (value.Count == 0)
            return "";
        string text = value.Count == 1 ? value.Text(0) : string.Join(' ', Enumerable.Range(0, Math.Min(value.Count, longest)).Select(value.Text));
        return text.Length <= 2 * longest ? text : $"{text[..(2 * longest)]}...";
    }

    /// <summary>The fields that have values, by their paths.</summary>
    private static Dictionary<string, InspectedField> Flatten(IReadOnlyList<InspectedField> fields)
    {
        var flat = new Dictionary<string, InspectedField>();
        Flatten(fields, "", flat);
        return flat;
    }

    private static void Flatten(IReadOnlyList<InspectedField> fields, string above, Dictionary<string, InspectedField> flat)
    {
        foreach (InspectedField field in fields)
        {
            string path = above + field.Name;
            if (field.Fields.Count > 0)
                Flatten(field.Fields, path + "/", flat);
            else if (field.Value.Kind != InspectedValueKind.None && !flat.TryAdd(path, field))
                flat.TryAdd(FormattableString.Invariant($"{path}@{field.Offset}"), field);
        }
    }
}
