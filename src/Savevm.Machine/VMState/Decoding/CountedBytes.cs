using System.Buffers.Binary;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding;

/// <summary>Bytes behind their own length (<c>GByteArray</c>).</summary>
internal static class CountedBytes
{
    internal const string Type = "GByteArray";

    /// <summary>Length and bytes; raw when the length is not that of the field.</summary>
    internal static DecodedNode Node(DecodingScope scope, string name, int? index, int at, int bytes)
    {
        if (bytes < sizeof(uint) || BinaryPrimitives.ReadUInt32BigEndian(scope.Body.Span[at..]) != bytes - sizeof(uint))
            return scope.Defective(name, Type, index, at, bytes, $"the length of '{name}' is not {bytes - sizeof(uint)}");
        int data = bytes - sizeof(uint);
        DecodedNode[] children =
        [
            scope.Value(ValueKind.Number, "len", "uint32", null, at, sizeof(uint), sizeof(uint)),
            scope.Value(ValueKind.Bytes, "data", "buffer", null, at + sizeof(uint), data, data),
        ];
        return scope.Parent(NodeKind.Opaque, name, Type, index, at, bytes, children);
    }
}
