using Savevm.Machine.VMState.Tree;
using Savevm.Wire;

namespace Savevm.Machine.VMState.Decoding;

/// <summary>
/// What the decoders of one section share: the body, the count of nodes, of bytes nobody understood, and what was found wrong.
/// Positions that are handed in lie within the body; who calls has checked them.
/// </summary>
internal sealed class DecodingScope(ReadOnlyMemory<byte> body)
{
    // One contradiction often makes a thousand; nobody reads them all.
    private const int MaxDefects = 64;

    private const byte NullMark = (byte)'0';
    private const byte PresentMark = (byte)'1';

    // A value has at least a byte, and is rarely deeper than a few structures of its own.
    private const int NodesOfAnyBody = 1024;
    private const int NodesOfOneByte = 8;

    private readonly long _maxNodes = Math.Min(WireLimits.MaxDecodedNodes, NodesOfAnyBody + ((long)NodesOfOneByte * body.Length));
    private readonly List<DecodedDefect> _defects = [];
    private int _nodes;

    /// <summary>The section's body.</summary>
    internal ReadOnlyMemory<byte> Body => body;

    /// <summary>Bytes of which nothing is known.</summary>
    internal long UndecodedBytes { get; private set; }

    /// <summary>What was found wrong.</summary>
    internal IReadOnlyList<DecodedDefect> Defects => _defects;

    /// <summary>There are as many nodes as a device may have.</summary>
    internal bool IsFull => _nodes >= _maxNodes;

    /// <summary>What can be taken back when an attempt fails.</summary>
    internal (long Undecoded, int Defects) Mark() => (UndecodedBytes, _defects.Count);

    /// <summary>Takes back what was counted since; the nodes stay counted, for the memory was used.</summary>
    internal void Return((long Undecoded, int Defects) mark)
    {
        UndecodedBytes = mark.Undecoded;
        _defects.RemoveRange(mark.Defects, _defects.Count - mark.Defects);
    }

    /// <summary>Notes a contradiction between bytes and description.</summary>
    internal void Add(int at, string reason)
    {
        if (_defects.Count < MaxDefects)
            _defects.Add(new DecodedDefect(at, reason));
    }

    /// <summary>Counts a node that somebody else makes.</summary>
    internal void Count() => _nodes++;

    /// <summary>A node of bytes of which nothing is known.</summary>
    internal DecodedNode Raw(string name, string type, int? index, int at, int bytes)
    {
        UndecodedBytes += bytes;
        return Value(ValueKind.Raw, name, type, index, at, bytes, bytes);
    }

    /// <summary>A node of bytes that should be something else.</summary>
    internal DecodedNode Defective(string name, string type, int? index, int at, int bytes, string reason)
    {
        Add(at, reason);
        return Raw(name, type, index, at, bytes);
    }

    /// <summary>A node with a value.</summary>
    internal DecodedNode Value(
        ValueKind kind, string name, string type, int? index, int at, int bytes, int elementBytes, bool isLittleEndian = false)
    {
        Count();
        var value = new DecodedValue(kind, elementBytes, body.Slice(at, bytes), isLittleEndian);
        return new DecodedNode(NodeKind.Value, name, type, at, value) { Index = index };
    }

    /// <summary>A node of a kind of the table: one value, or several of the same size.</summary>
    internal DecodedNode Value(FieldKindRow row, string name, int? index, int at, int bytes, int fieldBytes)
    {
        if (row.ElementBytes != 0 && row.ElementBytes != fieldBytes)
            return Defective(name, row.Type, index, at, bytes, $"'{name}' of type '{row.Type}' with {fieldBytes} bytes");
        if (row.Kind == ValueKind.Text && (bytes != fieldBytes || bytes == 0 || body.Span[at] != bytes - 1))
            return Defective(name, row.Type, index, at, bytes, $"'{name}' is no name of {fieldBytes} bytes");
        if (!CanHold(row.Kind, fieldBytes))
            return Defective(name, row.Type, index, at, bytes, $"'{name}' of type '{row.Type}' with {fieldBytes} bytes");
        if (row.Kind is ValueKind.NullPointer or ValueKind.PointerMark)
            return Pointer(row, name, index, at, bytes);
        if (row.Kind == ValueKind.Bool && body.Span.Slice(at, bytes).IndexOfAnyExceptInRange((byte)0, (byte)1) is >= 0 and int odd)
            Add(at + odd, $"'{name}' is 0x{body.Span[at + odd]:x2}, and of type 'bool'");
        return Value(row.Kind, name, row.Type, index, at, bytes, FieldKindTable.NumberBytes(row, fieldBytes));
    }

    /// <summary>A node of all that is left when there are as many nodes as a device may have.</summary>
    internal DecodedNode TooMany(string name, int? index, int at, int bytes) =>
        Defective(name, "", index, at, bytes, $"more than {_maxNodes} values");

    /// <summary>A node with children.</summary>
    internal DecodedNode Parent(
        NodeKind kind, string name, string type, int? index, int at, int bytes, IReadOnlyList<DecodedNode> children,
        string vmsdName = "", uint version = 0)
    {
        Count();
        return new DecodedNode(kind, name, type, at, new DecodedValue(ValueKind.None, 0, body.Slice(at, bytes)))
        {
            Index = index,
            Children = children,
            VmsdName = vmsdName,
            Version = version,
        };
    }

    /// <summary>Null pointers, and the marks that say whether there is one.</summary>
    internal DecodedNode Pointer(FieldKindRow row, string name, int? index, int at, int bytes)
    {
        ReadOnlySpan<byte> marks = body.Span.Slice(at, bytes);
        if (marks.IndexOfAnyExcept(NullMark) < 0)
            return Value(ValueKind.NullPointer, name, row.Type, index, at, bytes, 1);
        if (row.Kind == ValueKind.PointerMark && marks.IndexOfAnyExcept(PresentMark) < 0)
            return Value(ValueKind.PointerMark, name, row.Type, index, at, bytes, 1);
        return Defective(name, row.Type, index, at, bytes, $"0x{Convert.ToHexStringLower(marks)} where '{name}' has a pointer's mark");
    }

    private static bool CanHold(ValueKind kind, int fieldBytes) => kind switch
    {
        ValueKind.Number or ValueKind.SignedNumber => fieldBytes is 1 or 2 or 4 or 8 or 16,
        ValueKind.Bitmap => fieldBytes % sizeof(ulong) == 0,
        _ => true,
    };
}
