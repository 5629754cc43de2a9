using System.Buffers.Binary;
using System.Text;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Decoding.Opaque;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Catalogue;

/// <summary>
/// Walks a body by a description that did not come with it. Sizes of values are those of the description; containers and subsections
/// are where the bytes say so. Positions are compared with the end before every step.
/// </summary>
internal sealed class CatalogueWalker(DecodingScope scope, int end, bool isEndKnown, CatalogueBuilder catalogue)
{
    private const byte AnotherElement = 1;
    private const byte NullMark = (byte)'0';
    private const int DirectKeyBytes = sizeof(ulong);

    /// <summary>Where the walk stands.</summary>
    internal int Position { get; private set; }

    /// <summary>Why the description does not fit, and null while it does.</summary>
    internal DecodedDefect? Misfit { get; private set; }

    private int Remaining => end - Position;

    /// <summary>Fields and subsections of a structure. What is returned after a misfit is worth nothing.</summary>
    internal List<DecodedNode> Children(CatalogueStruct structure)
    {
        var children = new List<DecodedNode>();
        FieldCondition? condition = FieldConditionTable.Find(structure.VmsdName);
        foreach (CatalogueField field in catalogue.Full(structure).Fields)
        {
            if (condition is not null && field.Name == condition.Field && !FieldConditionTable.Holds(condition, children))
                continue;
            Add(children, field.Kind == CatalogueFieldKind.Array ? ArrayOf(field) : Field(field, null));
            if (Misfit is not null)
                return children;
        }
        AddSubsections(children, structure);
        return children;
    }

    private void AddSubsections(List<DecodedNode> children, CatalogueStruct structure)
    {
        if (structure.VmsdName.Length == 0)
            return;
        byte[] parent = Encoding.ASCII.GetBytes(structure.VmsdName);
        while (Misfit is null && SubsectionReader.LookAhead(
            scope.Body.Span[Position..end], parent, endOfInput: true, out SubsectionHeader header, out int consumed) == SubsectionLookAhead.Found)
        {
            string name = Encoding.Latin1.GetString(header.Name);
            if (!catalogue.Subsections.TryGetValue(name, out List<CatalogueStruct>? forms))
            {
                Fail($"subsection '{name}' is not in the catalogue");
                return;
            }
            Add(children, Subsection(name, header.Version, consumed, forms));
        }
    }

    /// <summary>A subsection by the first of its forms that fits here.</summary>
    private DecodedNode? Subsection(string name, uint version, int headBytes, List<CatalogueStruct> forms)
    {
        int start = Position;
        DecodedDefect? first = null;
        foreach (CatalogueStruct form in forms)
        {
            if (form.Version != version)
                continue;
            (long Undecoded, int Defects) mark = scope.Mark();
            Position = start + headBytes;
            Misfit = null;
            List<DecodedNode> children = Children(form);
            if (Misfit is null)
                return scope.Parent(NodeKind.Subsection, name, "subsection", null, start, Position - start, children, name, version);
            first ??= Misfit;
            scope.Return(mark);
            Position = start;
        }
        Misfit = first;
        if (first is null)
            Fail($"version {version} of subsection '{name}' is not in the catalogue");
        return null;
    }

    private DecodedNode? ArrayOf(CatalogueField array)
    {
        int start = Position;
        int number = 0;
        var elements = new List<DecodedNode>();
        foreach (CatalogueField run in array.Elements)
        {
            for (int i = 0; i < run.Count; i++)
            {
                DecodedNode? element = Field(run with { Count = 1 }, number);
                if (Misfit is not null)
                    return null;
                Add(elements, element);
                if (element?.Value.Kind != ValueKind.PointerMark)
                    number++;
            }
        }
        return scope.Parent(NodeKind.Array, array.Name, array.Type, null, start, Position - start, elements);
    }

    private DecodedNode? Field(CatalogueField field, int? index)
    {
        if (scope.IsFull)
        {
            Fail("too many values");
            return null;
        }
        switch (field.Kind)
        {
            case CatalogueFieldKind.Values:
                return Values(field, index);
            case CatalogueFieldKind.Struct:
                int start = Position;
                CatalogueStruct structure = field.Structs[0];
                List<DecodedNode> children = Children(structure);
                return Misfit is not null
                    ? null
                    : scope.Parent(NodeKind.Struct, field.Name, field.Type, index, start, Position - start, children, structure.VmsdName, structure.Version);
            case CatalogueFieldKind.Queue:
                return Queue(field, index);
            case CatalogueFieldKind.Tree:
                return Tree(field, index);
            case CatalogueFieldKind.CountedBytes:
                return Counted(field, index, Remaining < sizeof(uint)
                    ? long.MaxValue
                    : sizeof(uint) + (long)BinaryPrimitives.ReadUInt32BigEndian(scope.Body.Span[Position..]));
            case CatalogueFieldKind.Name:
                return Counted(field, index, Remaining < 1 ? long.MaxValue : 1 + scope.Body.Span[Position]);
            case CatalogueFieldKind.Null:
                Require(Remaining >= 1 && scope.Body.Span[Position] == NullMark, $"no null pointer '{field.Name}'");
                return Misfit is not null ? null : Take(1, at => scope.Value(ValueKind.NullPointer, field.Name, "nullptr", index, at, 1, 1));
            default:
                return Opaque(field, index);
        }
    }

    private DecodedNode? Values(CatalogueField field, int? index)
    {
        long bytes = (long)field.ElementBytes * field.Count;
        FieldKindRow? row = FieldKindTable.Find(Encoding.ASCII.GetBytes(field.Type));
        Require(row is not null && bytes <= Remaining, $"no {bytes} bytes of '{field.Name}'");
        if (Misfit is not null)
            return null;
        DecodedNode node = Take((int)bytes, at => scope.Value(row!, field.Name, index, at, (int)bytes, field.ElementBytes));
        Require(node.Value.Kind != ValueKind.Raw, $"no '{field.Name}'");
        return node;
    }

    private DecodedNode? Counted(CatalogueField field, int? index, long bytes)
    {
        Require(bytes <= Remaining, $"'{field.Name}' is longer than what is left");
        if (Misfit is not null)
            return null;
        if (field.Kind == CatalogueFieldKind.CountedBytes)
            return Take((int)bytes, at => CountedBytes.Node(scope, field.Name, index, at, (int)bytes));
        return Take((int)bytes, at => scope.Value(ValueKind.Text, field.Name, field.Type, index, at, (int)bytes, (int)bytes));
    }

    /// <summary>The length is that of where the description came from, or, for the last field of a section, what is left.</summary>
    private DecodedNode? Opaque(CatalogueField field, int? index)
    {
        int[] lengths = isEndKnown && Remaining != field.ElementBytes ? [field.ElementBytes, Remaining] : [field.ElementBytes];
        foreach (int length in lengths)
        {
            if (length > Remaining)
                continue;
            (long Undecoded, int Defects) mark = scope.Mark();
            DecodedNode node = OpaqueTable.Node(scope, Encoding.ASCII.GetBytes(field.Type), field.Name, index, Position, length);
            bool isUnknown = node.Value.Kind == ValueKind.Raw && scope.Defects.Count == mark.Defects;
            if (node.Value.Kind != ValueKind.Raw || (isUnknown && length == field.ElementBytes))
            {
                Position += length;
                return node;
            }
            scope.Return(mark);
        }
        Fail($"'{field.Name}' is not what type '{field.Type}' looks like");
        return null;
    }

    private DecodedNode? Queue(CatalogueField field, int? index)
    {
        int start = Position;
        List<DecodedNode>? elements = Elements(field, keyBytes: 0, structsOfOne: 1);
        return elements is null ? null : scope.Parent(NodeKind.Container, field.Name, field.Type, index, start, Position - start, elements);
    }

    private DecodedNode? Tree(CatalogueField field, int? index)
    {
        int start = Position;
        Require(Remaining >= sizeof(uint), $"no count of '{field.Name}'");
        if (Misfit is not null)
            return null;
        uint count = BinaryPrimitives.ReadUInt32BigEndian(scope.Body.Span[Position..]);
        Position += sizeof(uint);
        // One structure where the description came from can be a value only; of two the first may be the key.
        bool hasKeyStruct = field.Structs.Count == 2 && field.Structs[0].Signature != field.Structs[1].Signature;
        List<DecodedNode>? elements = hasKeyStruct ? Elements(field, 0, 2) : Elements(field, DirectKeyBytes, 1);
        Require(elements is not null && elements.Count == count, $"'{field.Name}' has not as many elements as it says");
        return Misfit is not null || elements is null
            ? null
            : scope.Parent(NodeKind.Container, field.Name, field.Type, index, start, Position - start, elements);
    }

    private List<DecodedNode>? Elements(CatalogueField field, int keyBytes, int structsOfOne)
    {
        var elements = new List<DecodedNode>();
        while (Remaining > 0 && scope.Body.Span[Position] == AnotherElement && !scope.IsFull)
        {
            Require(field.Structs.Count >= structsOfOne && Remaining > keyBytes, $"elements of '{field.Name}' are not in the catalogue");
            if (Misfit is not null)
                return null;
            int start = Position++;
            List<DecodedNode> parts = [];
            if (keyBytes > 0)
                parts.Add(Take(keyBytes, at => scope.Value(ValueKind.Number, "key", "uint64", null, at, keyBytes, keyBytes)));
            for (int i = 0; i < structsOfOne && Misfit is null; i++)
            {
                int partStart = Position;
                CatalogueStruct structure = field.Structs[i];
                List<DecodedNode> children = Children(structure);
                if (structsOfOne == 1)
                    parts.AddRange(children);
                else if (Misfit is null)
                    parts.Add(scope.Parent(NodeKind.Struct, i == 0 ? "key" : "value", "struct", null, partStart, Position - partStart, children, structure.VmsdName, structure.Version));
            }
            if (Misfit is not null)
                return null;
            CatalogueStruct last = field.Structs[structsOfOne - 1];
            elements.Add(scope.Parent(
                NodeKind.Struct, field.Name, "struct", elements.Count, start, Position - start, parts, last.VmsdName, last.Version));
        }
        Require(Remaining > 0 && scope.Body.Span[Position] == 0, $"no end of '{field.Name}'");
        Position++;
        return Misfit is null ? elements : null;
    }

    private DecodedNode Take(int bytes, Func<int, DecodedNode> make)
    {
        DecodedNode node = make(Position);
        Position += bytes;
        return node;
    }

    private static void Add(List<DecodedNode> children, DecodedNode? node)
    {
        if (node is not null)
            children.Add(node);
    }

    private void Require(bool condition, string reason)
    {
        if (!condition)
            Fail(reason);
    }

    private void Fail(string reason) => Misfit ??= new DecodedDefect(Position, reason);
}
