using System.Text;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>
/// Reads named values one after the other and makes nodes of them. A read that the bytes do not hold fails the cursor for good and
/// yields zero; who reads looks at the end whether all was there.
/// </summary>
internal sealed class OpaqueCursor(DecodingScope scope, int at, int bytes)
{
    private List<DecodedNode> _nodes = [];

    /// <summary>What was read.</summary>
    internal List<DecodedNode> Nodes => _nodes;

    /// <summary>Something was not as it has to be.</summary>
    internal bool IsFailed { get; private set; }

    /// <summary>All bytes were read, and nothing was wrong.</summary>
    internal bool IsComplete => !IsFailed && Remaining == 0;

    /// <summary>Position in the section's body.</summary>
    internal int Position { get; private set; } = at;

    /// <summary>Bytes that were not read.</summary>
    internal int Remaining => End - Position;

    /// <summary>The bytes that were not read.</summary>
    internal ReadOnlySpan<byte> Rest => scope.Body.Span[Position..End];

    private int End { get; } = at + bytes;

    /// <summary>Gives up: the bytes are something else.</summary>
    internal void Fail() => IsFailed = true;

    /// <summary>Gives up when this is false.</summary>
    internal void Require(bool condition)
    {
        if (!condition)
            IsFailed = true;
    }

    /// <summary>Reads one number, as wide as the type of field says; returns its value.</summary>
    internal ulong Number(string name, string type) => Numbers(name, type, 1) is { } node ? node.Value.AsUnsigned() : 0;

    /// <summary>Reads an array of numbers as one node.</summary>
    internal DecodedNode? Numbers(string name, string type, int count)
    {
        FieldKindRow row = FieldKindTable.Find(Encoding.ASCII.GetBytes(type)) ?? throw new ArgumentException($"'{type}' is no kind of field.");
        return Take(row.Kind, name, type, (long)row.ElementBytes * count, row.ElementBytes, isLittleEndian: false);
    }

    /// <summary>Reads one little-endian number.</summary>
    internal ulong LittleNumber(string name, int numberBytes) => LittleNumbers(name, numberBytes, 1) is { } node ? node.Value.AsUnsigned() : 0;

    /// <summary>Reads little-endian numbers as one node.</summary>
    internal DecodedNode? LittleNumbers(string name, int numberBytes, int count) =>
        Take(ValueKind.Number, name, $"le{8 * numberBytes}", (long)numberBytes * count, numberBytes, isLittleEndian: true);

    /// <summary>Reads bytes without inner structure.</summary>
    internal DecodedNode? Bytes(string name, long count) => Take(ValueKind.Bytes, name, "buffer", count, (int)Math.Min(count, Remaining), isLittleEndian: false);

    /// <summary>Reads bytes that mean nothing.</summary>
    internal DecodedNode? Unused(string name, long count) =>
        Take(ValueKind.Unused, name, "unused_buffer", count, (int)Math.Min(count, Remaining), isLittleEndian: false);

    /// <summary>Reads bytes of which nothing is known; they count as not understood.</summary>
    internal void Unknown(string name, int count)
    {
        if (!CanTake(count))
            return;
        _nodes.Add(scope.Raw(name, "buffer", null, Position, count));
        Position += count;
    }

    /// <summary>Reads what <paramref name="read"/> reads, as children of one node.</summary>
    internal void Group(NodeKind kind, string name, string type, int? index, Action<OpaqueCursor> read, string vmsdName = "", uint version = 0)
    {
        List<DecodedNode> outer = _nodes;
        int start = Position;
        _nodes = [];
        read(this);
        DecodedNode group = scope.Parent(kind, name, type, index, start, Position - start, _nodes, vmsdName, version);
        _nodes = outer;
        _nodes.Add(group);
    }

    /// <summary>Reads a structure by a fixed description, with the subsections that are there.</summary>
    internal void Struct(string name, string vmsdName, uint version, Action<OpaqueCursor> read) =>
        Group(NodeKind.Struct, name, "struct", null, read, vmsdName, version);

    /// <summary>
    /// Reads the subsections of a structure as far as there are any, each by what <paramref name="find"/> gives for its name.
    /// A name that it does not know fails the cursor, for nobody could tell where such a subsection ends.
    /// </summary>
    internal void Subsections(string parent, Func<string, Action<OpaqueCursor>?> find)
    {
        byte[] parentName = Encoding.ASCII.GetBytes(parent);
        while (!IsFailed && !scope.IsFull
            && SubsectionReader.LookAhead(Rest, parentName, endOfInput: true, out SubsectionHeader header, out int consumed)
                == SubsectionLookAhead.Found)
        {
            string name = Encoding.Latin1.GetString(header.Name);
            if (find(name) is not { } read)
            {
                Fail();
                return;
            }
            Group(
                NodeKind.Subsection, name, "subsection", null,
                cursor =>
                {
                    cursor.Position += consumed;
                    read(cursor);
                },
                name, header.Version);
        }
    }

    /// <summary>Reads all that is left in one of several ways. An attempt that fails, or leaves something, leaves no trace.</summary>
    internal bool TryAll(Action<OpaqueCursor> read)
    {
        if (IsFailed)
            return false;
        (long Undecoded, int Defects) mark = scope.Mark();
        var attempt = new OpaqueCursor(scope, Position, Remaining);
        read(attempt);
        if (!attempt.IsComplete)
        {
            scope.Return(mark);
            return false;
        }
        _nodes.AddRange(attempt.Nodes);
        Position = attempt.Position;
        return true;
    }

    private DecodedNode? Take(ValueKind kind, string name, string type, long count, int elementBytes, bool isLittleEndian)
    {
        if (!CanTake(count))
            return null;
        DecodedNode node = scope.Value(kind, name, type, null, Position, (int)count, elementBytes, isLittleEndian);
        _nodes.Add(node);
        Position += (int)count;
        return node;
    }

    private bool CanTake(long count)
    {
        Require(count >= 0 && count <= Remaining && !scope.IsFull);
        return !IsFailed;
    }
}
