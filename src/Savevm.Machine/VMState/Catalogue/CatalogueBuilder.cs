using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Catalogue;

/// <summary>Turns the description of a stream into what holds for other streams, too: lengths that follow from the bytes are left out.</summary>
internal sealed class CatalogueBuilder
{
    private readonly List<CatalogueDevice> _devices = [];
    private readonly Dictionary<string, List<CatalogueStruct>> _subsections = [];
    private readonly Dictionary<string, CatalogueStruct> _full = [];
    private readonly HashSet<string> _known = [];

    /// <summary>The devices, each different description once.</summary>
    internal IReadOnlyList<CatalogueDevice> Devices => _devices;

    /// <summary>Subsections by name, in all forms that were seen.</summary>
    internal IReadOnlyDictionary<string, List<CatalogueStruct>> Subsections => _subsections;

    /// <summary>
    /// The structure with all fields that it can have, for one that was seen with and without a field: who walks it decides again.
    /// </summary>
    internal CatalogueStruct Full(CatalogueStruct structure) =>
        FieldConditionTable.Find(structure.VmsdName) is null ? structure : _full.GetValueOrDefault(FullKey(structure), structure);

    /// <summary>Adds everything of a description.</summary>
    internal void Add(VMDescription description)
    {
        foreach (DescribedDevice device in description.Devices)
        {
            CatalogueStruct? body = device.IsLegacy ? null : Struct(device.Body);
            if (_known.Add($"{device.IdStr} {device.InstanceId} {body?.Signature}"))
                _devices.Add(new CatalogueDevice(device.IdStr, device.InstanceId, body));
        }
    }

    private CatalogueStruct Struct(DescribedStruct structure)
    {
        var fields = new List<CatalogueField>();
        List<DescribedField> described = [.. structure.Fields];
        for (int i = 0; i < described.Count;)
        {
            ArrayRun run = ArrayRun.At(described, i);
            fields.Add(run.IsArray ? ArrayOf(described, run) : Field(described[i], count: 1));
            i += run.Count;
        }
        foreach (DescribedStruct subsection in structure.Subsections)
            AddSubsection(Struct(subsection));
        var made = new CatalogueStruct(structure.VmsdName, structure.Version, fields);
        if (FieldConditionTable.Find(made.VmsdName) is { } condition && fields.Exists(field => field.Name == condition.Field))
            _full.TryAdd(FullKey(made), made);
        return made;
    }

    private static string FullKey(CatalogueStruct structure) => $"{structure.VmsdName}@{structure.Version}";

    private void AddSubsection(CatalogueStruct subsection)
    {
        if (!_subsections.TryGetValue(subsection.VmsdName, out List<CatalogueStruct>? forms))
            _subsections.Add(subsection.VmsdName, forms = []);
        if (!forms.Exists(form => form.Signature == subsection.Signature))
            forms.Add(subsection);
    }

    private CatalogueField ArrayOf(List<DescribedField> described, ArrayRun run)
    {
        DescribedField head = described[run.First];
        if (run.IsUniform(described) && FieldKindTable.Find(head.TypeUtf8) is { Kind: not ValueKind.Text })
        {
            int count = head.Size == 0 ? 0 : run.Bytes / head.Size;
            return new CatalogueField(CatalogueFieldKind.Values, head.Name, head.Type, head.Size, count);
        }
        var elements = new List<CatalogueField>(run.Count);
        for (int i = run.First; i < run.First + run.Count; i++)
        {
            int count = described[i].TotalBytes == 0 ? 0 : described[i].ArrayLength ?? 1;
            elements.Add(Field(described[i], count));
        }
        return new CatalogueField(CatalogueFieldKind.Array, head.Name, head.Type, 0, 1) { Elements = elements };
    }

    private CatalogueField Field(DescribedField field, int count)
    {
        CatalogueFieldKind kind = KindOf(field);
        List<CatalogueStruct> structs = [];
        // Of a queue all elements are alike but for their subsections, which are found by name.
        int wanted = kind switch
        {
            CatalogueFieldKind.Struct or CatalogueFieldKind.Queue => 1,
            CatalogueFieldKind.Tree => 2,
            _ => 0,
        };
        foreach (DescribedStruct structure in field.Structs)
        {
            CatalogueStruct nested = Struct(structure);
            if (structs.Count < wanted)
                structs.Add(nested);
        }
        return new CatalogueField(kind, field.Name, field.Type, field.Size, count) { Structs = structs };
    }

    private static CatalogueFieldKind KindOf(DescribedField field)
    {
        if (field.IsNullPointer)
            return CatalogueFieldKind.Null;
        switch (field.Type)
        {
            case "qtailq" or "qlist":
                return CatalogueFieldKind.Queue;
            case "gtree":
                return CatalogueFieldKind.Tree;
            case CountedBytes.Type:
                return CatalogueFieldKind.CountedBytes;
            case "capability":
                return CatalogueFieldKind.Name;
        }
        int structs = 0;
        foreach (DescribedStruct _ in field.Structs)
            structs++;
        if (structs == 1)
            return CatalogueFieldKind.Struct;
        return FieldKindTable.Find(field.TypeUtf8) is null ? CatalogueFieldKind.Opaque : CatalogueFieldKind.Values;
    }
}
