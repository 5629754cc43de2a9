using System.Text;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>The kinds of field that QEMU writes by hand-made code and that we know to take apart.</summary>
internal static class OpaqueTable
{
    internal static readonly OpaqueRow[] Rows =
    [
        new("pci config", PciConfiguration.Read),
        new("msix state", MsixState.Read),
        new("scsi-requests", ScsiRequests.Read),
        new("virtio", VirtioDevice.Read),
    ];

    private static readonly byte[][] Names = Array.ConvertAll(Rows, row => Encoding.ASCII.GetBytes(row.Type));

    /// <summary>A node of a field of this type. Unknown types, and bytes that do not parse to their very end, are kept raw.</summary>
    internal static DecodedNode Node(DecodingScope scope, ReadOnlySpan<byte> type, string name, int? index, int at, int bytes)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (!type.SequenceEqual(Names[i]))
                continue;
            (long Undecoded, int Defects) mark = scope.Mark();
            var cursor = new OpaqueCursor(scope, at, bytes);
            Rows[i].Read(cursor);
            if (cursor.IsComplete)
                return scope.Parent(NodeKind.Opaque, name, Rows[i].Type, index, at, bytes, cursor.Nodes);
            scope.Return(mark);
            return scope.Defective(name, Rows[i].Type, index, at, bytes, $"'{name}' is not what type '{Rows[i].Type}' looks like");
        }
        return scope.Raw(name, Encoding.ASCII.GetString(type), index, at, bytes);
    }
}
