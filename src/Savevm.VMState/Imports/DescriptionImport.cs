using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.VMState.Imports;

/// <summary>
/// Makes of the JSON behind a stream the description of a device that nobody has a class for. It fits the state that it was written with,
/// and others whose arrays, queues and conditional fields are the same: what the JSON does not tell it cannot know. Trees, whose keys it
/// does not tell, are left as bytes.
/// </summary>
public sealed class DescriptionImport
{
    private readonly Dictionary<string, int> _paths = [];
    private int _left = VMStateLimits.MaxFields;

    private DescriptionImport()
    {
    }

    /// <summary>Makes the description of a device.</summary>
    /// <param name="device">The device in the JSON.</param>
    /// <exception cref="WireException">More structures than the limit, or a name that no description can have.</exception>
    public static VMStateDescription<FieldBag> Of(DescribedDevice device)
    {
        var import = new DescriptionImport();
        if (!device.IsLegacy)
            return import.Struct(device.Body, "", subsectionPath: null);
        // The section's version is not in the JSON of a device that saves itself.
        var builder = new VMStateBuilder<FieldBag>(Name(device.IdStr));
        foreach (DescribedField field in device.Body.Fields)
            builder.Add(new ImportedValues(field.Name, field.Type, field.Size, field.ArrayLength, isUniform: true, import.Unique(field.Name)));
        return builder.Build();
    }

    // QEMU numbers fields of one name; a stream from elsewhere may not, and their bytes must not share a place.
    private string Unique(string path)
    {
        string unique = path;
        while (!_paths.TryAdd(unique, 1))
            unique = string.Create(CultureInfo.InvariantCulture, $"{path}#{++_paths[path]}");
        return unique;
    }

    private VMStateDescription<FieldBag> Struct(DescribedStruct structure, string path, string? subsectionPath)
    {
        if (--_left < 0)
            throw new WireException(0, $"a description of more than {VMStateLimits.MaxFields} structures");
        var builder = new VMStateBuilder<FieldBag>(Name(structure.VmsdName), structure.Version);
        if (subsectionPath is not null)
        {
            builder.Needed((ref bag) => bag.HasSubsection(subsectionPath));
            builder.PreLoad((ref bag, _) =>
            {
                bag.Mark(subsectionPath);
                return null;
            });
        }
        List<DescribedField> fields = [.. structure.Fields];
        var marks = new Dictionary<string, int>();
        for (int i = 0; i < fields.Count;)
        {
            int end = RunEnd(fields, i);
            string name = fields[i].Name;
            if (IsMark(fields[i]))
                marks[name] = marks.GetValueOrDefault(name) + 1;
            if (end - i == 1 && fields[i].Index is null)
            {
                bool isMarked = !IsMark(fields[i]) && marks.ContainsKey(name);
                builder.Add(Single(fields[i], path, isMarked ? string.Create(CultureInfo.InvariantCulture, $"[{marks[name] - 1}]") : ""));
            }
            else
            {
                builder.Add(Elements(fields[i..end], path));
            }
            i = end;
        }
        var names = new HashSet<string>();
        foreach (DescribedStruct subsection in structure.Subsections)
        {
            if (!names.Add(subsection.VmsdName))
                throw new WireException(0, $"subsection '{subsection.VmsdName}' twice");
            string place = Unique($"{path}({subsection.VmsdName})");
            if (!subsection.VmsdName.StartsWith(structure.VmsdName + "/", StringComparison.Ordinal))
                throw new WireException(0, $"subsection '{subsection.VmsdName}' of '{structure.VmsdName}'");
            builder.Subsection(Struct(subsection, place + ".", place));
        }
        return builder.Build();
    }

    // Entries of one name that follow each other are one array; a number that does not go on begins another.
    private static int RunEnd(List<DescribedField> fields, int first)
    {
        int end = first + 1;
        while (!IsMark(fields[first]) && end < fields.Count && !IsMark(fields[end]) && fields[end].NameUtf8.SequenceEqual(fields[first].NameUtf8) && fields[end].Index is not 0)
            end++;
        return end;
    }

    // From QEMU 11.1 on: a null pointer, or what stands before an element that is there.
    private static bool IsMark(DescribedField field) => field.TypeUtf8.SequenceEqual("ptr-marker"u8);

    private VMStateField<FieldBag> Single(DescribedField field, string path, string number)
    {
        string at = path + field.Name + number;
        VMStateFieldKind? kind = VMStateFieldKindTable.Find(field.Type)?.Kind;
        switch (kind)
        {
            case VMStateFieldKind.TailQueue or VMStateFieldKind.List:
                return new ImportedQueue(field.Name, kind.Value, Queue(field, at));
            case VMStateFieldKind.Struct or VMStateFieldKind.VersionedStruct or VMStateFieldKind.Temporary when !field.Structs.IsEmpty:
                bool isArray = field.ArrayLength is not null;
                return new ImportedStructs(field.Name, kind.Value, Repeated(field, at, isArray, 0), isArray, isUniform: true);
            default:
                return new ImportedValues(field.Name, field.Type, field.Size, field.ArrayLength, isUniform: true, Unique(at));
        }
    }

    // An array that is described element by element, or in runs.
    private VMStateField<FieldBag> Elements(List<DescribedField> entries, string path)
    {
        DescribedField head = entries.Find(entry => !entry.IsNullPointer);
        bool areAllNull = entries.TrueForAll(entry => entry.IsNullPointer);
        // Elements without number that are no runs, as QEMU 11.1 has them, differ from each other.
        bool areRuns = entries.TrueForAll(entry => entry.Index is null)
            && entries.Exists(entry => entry.ArrayLength is not null || entry.IsNullPointer);
        string name = entries[0].Name;
        if (!areAllNull && head.Structs.IsEmpty)
        {
            if (entries.Exists(entry => entry.Size != head.Size))
                throw new WireException(0, $"elements of '{name}' of several sizes");
            return new ImportedValues(name, head.Type, head.Size, entries.Count, isUniform: false, Unique(path + name));
        }
        var elements = new List<VMStateDescription<FieldBag>?>();
        foreach (DescribedField entry in entries)
            elements.AddRange(Repeated(entry, path + name, isArray: true, elements.Count));
        return new ImportedStructs(name, VMStateFieldKind.Struct, elements, isArray: true, isUniform: areRuns);
    }

    private List<VMStateDescription<FieldBag>?> Repeated(DescribedField field, string path, bool isArray, int first)
    {
        int count = field.ArrayLength ?? 1;
        _left -= count;
        if (count < 0 || _left < 0)
            throw new WireException(0, $"a description of more than {VMStateLimits.MaxFields} structures");
        if (!field.IsNullPointer && field.Structs.IsEmpty)
            throw new WireException(0, $"an element of '{field.Name}' that is described by nothing, among others that are");
        var elements = new List<VMStateDescription<FieldBag>?>(count);
        for (int i = 0; i < count; i++)
        {
            string at = isArray ? string.Create(CultureInfo.InvariantCulture, $"{path}[{first + i}].") : path + ".";
            elements.Add(field.IsNullPointer ? null : Struct(field.Structs.First(), at, subsectionPath: null));
        }
        return elements;
    }

    private List<VMStateDescription<FieldBag>> Queue(DescribedField field, string path)
    {
        var elements = new List<VMStateDescription<FieldBag>>();
        foreach (DescribedStruct structure in field.Structs)
            elements.Add(Struct(structure, string.Create(CultureInfo.InvariantCulture, $"{path}[{elements.Count}]."), subsectionPath: null));
        return elements;
    }

    private static string Name(string name) => name.Length is > 0 and <= VMStateLimits.MaxNameBytes
        ? name
        : throw new WireException(0, $"a description whose name has {name.Length} bytes");
}
