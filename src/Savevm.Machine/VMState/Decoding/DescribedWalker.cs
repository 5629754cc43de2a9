using Savevm.Machine.VMState.Decoding.Opaque;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Decoding;

/// <summary>
/// Walks a description over a body. Sizes come from the description, whose sum was compared with the body, so every position lies
/// within it; marks and heads are compared with the bytes.
/// </summary>
internal sealed class DescribedWalker(DecodingScope scope)
{
    private const byte AnotherElement = 1;
    private const int DirectKeyBytes = sizeof(ulong);

    /// <summary>Fields and subsections of a structure between two positions. Recursion is as deep as the description.</summary>
    internal List<DecodedNode> Children(DescribedStruct structure, int at, int end)
    {
        var children = new List<DecodedNode>();
        List<DescribedField> fields = [.. structure.Fields];
        for (int i = 0; i < fields.Count;)
        {
            ArrayRun run = ArrayRun.At(fields, i);
            if (scope.IsFull)
            {
                children.Add(scope.TooMany(fields[i].Name, null, at, end - at));
                return children;
            }
            children.Add(run.IsArray ? ArrayOf(fields, run, at) : Element(fields[i], null, at));
            i += run.Count;
            at += run.Bytes;
        }
        foreach (DescribedStruct subsection in structure.Subsections)
        {
            if (scope.IsFull)
            {
                children.Add(scope.TooMany(subsection.VmsdName, null, at, end - at));
                return children;
            }
            children.Add(Subsection(subsection, at));
            at += subsection.Bytes;
        }
        return children;
    }

    private DecodedNode Subsection(DescribedStruct subsection, int at)
    {
        string name = subsection.VmsdName;
        SubsectionLookAhead found = SubsectionReader.LookAhead(
            scope.Body.Span[at..], subsection.VmsdNameUtf8[..^1], endOfInput: true, out SubsectionHeader header, out _);
        if (found != SubsectionLookAhead.Found || !header.Name.SequenceEqual(subsection.VmsdNameUtf8))
            return scope.Defective(name, "subsection", null, at, subsection.Bytes, $"subsection '{name}' does not begin here");
        if (header.Version != subsection.Version)
        {
            scope.Add(at, $"version {header.Version} of subsection '{name}', the description says {subsection.Version}");
        }
        List<DecodedNode> children = Children(subsection, at + SubsectionReader.HeaderBytes(header.Name.Length), at + subsection.Bytes);
        return scope.Parent(NodeKind.Subsection, name, "subsection", null, at, subsection.Bytes, children, name, subsection.Version);
    }

    private DecodedNode ArrayOf(List<DescribedField> fields, ArrayRun run, int at)
    {
        DescribedField head = fields[run.First];
        string name = head.Name;
        if (run.IsUniform(fields) && FieldKindTable.Find(head.TypeUtf8) is { Kind: not ValueKind.Text } row)
            return scope.Value(row, name, null, at, run.Bytes, head.Size);
        int start = at;
        int number = 0;
        var elements = new List<DecodedNode>();
        for (int i = run.First; i < run.First + run.Count; i++)
        {
            DescribedField field = fields[i];
            // Elements of no size are nowhere, whatever number of them the description claims.
            int count = field.TotalBytes == 0 ? 0 : field.ArrayLength ?? 1;
            for (int j = 0; j < count; j++)
            {
                if (scope.IsFull)
                {
                    int rest = start + run.Bytes - at;
                    elements.Add(scope.TooMany(name, number, at, rest));
                    return scope.Parent(NodeKind.Array, name, head.Type, null, start, run.Bytes, elements);
                }
                DecodedNode element = Element(field, number, at);
                elements.Add(element);
                // The mark before an element is none itself.
                if (element.Value.Kind != ValueKind.PointerMark)
                    number++;
                at += field.Size;
            }
        }
        return scope.Parent(NodeKind.Array, name, head.Type, null, start, run.Bytes, elements);
    }

    private DecodedNode Element(DescribedField field, int? index, int at)
    {
        string name = field.Name;
        ReadOnlySpan<byte> type = field.TypeUtf8;
        if (field.IsNullPointer)
            return scope.Pointer(NullPointerRow, name, index, at, field.Size);
        if (type.SequenceEqual("qtailq"u8) || type.SequenceEqual("qlist"u8))
            return Queue(field, name, index, at);
        if (type.SequenceEqual("gtree"u8))
            return Tree(field, name, index, at);
        if (type.SequenceEqual("GByteArray"u8))
            return CountedBytes.Node(scope, name, index, at, field.Size);
        // Types of other releases may hold structures, too; the sizes tell whether that is all.
        if (Only(field.Structs) is { } structure)
            return Struct(field, structure, name, index, at);
        if (FieldKindTable.Find(type) is { } row)
            return scope.Value(row, name, index, at, field.Size, field.Size);
        return OpaqueTable.Node(scope, type, name, index, at, field.Size);
    }

    private static FieldKindRow NullPointerRow { get; } = new("nullptr", ValueKind.NullPointer, 1);

    private DecodedNode Struct(DescribedField field, DescribedStruct structure, string name, int? index, int at)
    {
        if (structure.Bytes != field.Size)
        {
            return scope.Defective(
                name, field.Type, index, at, field.Size, $"'{name}' of {field.Size} bytes, its fields have {structure.Bytes}");
        }
        List<DecodedNode> children = Children(structure, at, at + structure.Bytes);
        return scope.Parent(NodeKind.Struct, name, field.Type, index, at, field.Size, children, structure.VmsdName, structure.Version);
    }

    /// <summary>Elements, each behind a mark, and a zero at the end.</summary>
    private DecodedNode Queue(DescribedField field, string name, int? index, int at)
    {
        int end = at + field.Size;
        (long Undecoded, int Defects) mark = scope.Mark();
        List<DecodedNode>? elements = Elements(field, name, at, end, keyBytes: 0, structsOfOne: 1);
        if (elements is not null)
            return scope.Parent(NodeKind.Container, name, field.Type, index, at, field.Size, elements);
        scope.Return(mark);
        return scope.Defective(name, field.Type, index, at, field.Size, $"marks of '{name}' are not where the description has elements");
    }

    /// <summary>A count, then elements of key and value. Keys are numbers, or structures before the values: the sizes tell which.</summary>
    private DecodedNode Tree(DescribedField field, string name, int? index, int at)
    {
        int end = at + field.Size;
        if (field.Size > sizeof(uint))
        {
            ulong count = new DecodedValue(ValueKind.Number, sizeof(uint), scope.Body.Slice(at, sizeof(uint))).AsUnsigned();
            foreach ((int keyBytes, int structs) in new[] { (DirectKeyBytes, 1), (0, 2) })
            {
                (long Undecoded, int Defects) mark = scope.Mark();
                List<DecodedNode>? elements = Elements(field, name, at + sizeof(uint), end, keyBytes, structs);
                if (elements is not null && (ulong)elements.Count == count)
                    return scope.Parent(NodeKind.Container, name, field.Type, index, at, field.Size, elements);
                scope.Return(mark);
            }
        }
        return scope.Defective(name, field.Type, index, at, field.Size, $"count and marks of '{name}' are not those of the description");
    }

    /// <summary>The elements of a container; null when the marks are not there or the bytes are not used up.</summary>
    private List<DecodedNode>? Elements(DescribedField field, string name, int at, int end, int keyBytes, int structsOfOne)
    {
        var elements = new List<DecodedNode>();
        ReadOnlySpan<byte> body = scope.Body.Span;
        int structs = 0;
        int first = at;
        List<DecodedNode> parts = [];
        foreach (DescribedStruct structure in field.Structs)
        {
            if (structs % structsOfOne == 0)
            {
                if (end - at < 1 + keyBytes || body[at] != AnotherElement)
                    return null;
                first = at;
                at++;
                parts = keyBytes == 0 ? [] : [scope.Value(ValueKind.Number, "key", "uint64", null, at, keyBytes, keyBytes)];
                at += keyBytes;
            }
            if (structure.Bytes > end - at || scope.IsFull)
                return null;
            List<DecodedNode> children = Children(structure, at, at + structure.Bytes);
            if (structsOfOne == 1)
                parts.AddRange(children);
            else
                parts.Add(Part(structure, parts.Count == 0 ? "key" : "value", at, children));
            at += structure.Bytes;
            structs++;
            if (structs % structsOfOne == 0)
            {
                elements.Add(scope.Parent(
                    NodeKind.Struct, name, "struct", elements.Count, first, at - first, parts, structure.VmsdName, structure.Version));
            }
        }
        return structs % structsOfOne == 0 && end - at == 1 && body[at] == 0 ? elements : null;
    }

    private DecodedNode Part(DescribedStruct structure, string name, int at, List<DecodedNode> children) =>
        scope.Parent(NodeKind.Struct, name, "struct", null, at, structure.Bytes, children, structure.VmsdName, structure.Version);

    private static DescribedStruct? Only(DescribedStructs structures)
    {
        DescribedStruct? only = null;
        foreach (DescribedStruct structure in structures)
        {
            if (only is not null)
                return null;
            only = structure;
        }
        return only;
    }
}
