namespace Savevm.VMState.Descriptions;

/// <summary>Every kind of field: QEMU's name for it and its length. Writer, importer and tests go by this table.</summary>
internal static class VMStateFieldKindTable
{
    internal static readonly VMStateFieldKindRow[] Rows =
    [
        new(VMStateFieldKind.Int8, "int8", 1),
        new(VMStateFieldKind.Int16, "int16", 2),
        new(VMStateFieldKind.Int32, "int32", 4),
        new(VMStateFieldKind.Int64, "int64", 8),
        new(VMStateFieldKind.UInt8, "uint8", 1),
        new(VMStateFieldKind.UInt16, "uint16", 2),
        new(VMStateFieldKind.UInt32, "uint32", 4),
        new(VMStateFieldKind.UInt64, "uint64", 8),
        new(VMStateFieldKind.Bool, "bool", 1),
        new(VMStateFieldKind.UInt8Equal, "uint8 equal", 1),
        new(VMStateFieldKind.UInt16Equal, "uint16 equal", 2),
        new(VMStateFieldKind.Int32Equal, "int32 equal", 4),
        new(VMStateFieldKind.UInt32Equal, "uint32 equal", 4),
        new(VMStateFieldKind.UInt64Equal, "int64 equal", 8),
        new(VMStateFieldKind.Int32LessOrEqual, "int32 le", 4),
        new(VMStateFieldKind.Float64, "float64", 8),
        new(VMStateFieldKind.CpuDouble, "CPU_Double_U", 8),
        new(VMStateFieldKind.Timer, "timer", 8),
        new(VMStateFieldKind.Buffer, "buffer", 0),
        new(VMStateFieldKind.Unused, "unused_buffer", 0),
        new(VMStateFieldKind.Bitmap, "bitmap", 0),
        new(VMStateFieldKind.Struct, "struct", 0),
        new(VMStateFieldKind.VersionedStruct, "vstruct", 0),
        new(VMStateFieldKind.Temporary, "tmp", 0),
        new(VMStateFieldKind.TailQueue, "qtailq", 0),
        new(VMStateFieldKind.List, "qlist", 0),
        new(VMStateFieldKind.Tree, "gtree", 0),
        new(VMStateFieldKind.CountedName, "capability", 0),
        new(VMStateFieldKind.CountedBytes, "GByteArray", 0),
        new(VMStateFieldKind.Descriptor, "fd", 0),
        new(VMStateFieldKind.Custom, "", 0),
        new(VMStateFieldKind.Validation, "", 0),
        new(VMStateFieldKind.NullPointer, "nullptr", 1),
        new(VMStateFieldKind.PointerMark, "ptr-marker", 1),
        new(VMStateFieldKind.Unknown, "", 0),
    ];

    /// <summary>The row of a kind.</summary>
    internal static VMStateFieldKindRow Of(VMStateFieldKind kind) => Rows[(int)kind];

    /// <summary>The kind of this name; null for a type that only its own device knows.</summary>
    internal static VMStateFieldKindRow? Find(string typeName)
    {
        foreach (VMStateFieldKindRow row in Rows)
        {
            if (row.TypeName.Length > 0 && row.TypeName == typeName)
                return row;
        }
        return null;
    }
}
