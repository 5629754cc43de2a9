using Savevm.VMState.Descriptions;
using Savevm.VMState.Tests.Descriptions;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Every kind that a device can have. The bytes are computed by hand from the page of the wire format.</summary>
internal static class KindTable
{
    private static readonly VMStateDescription<Part> Grown = new VMStateBuilder<Part>("part", 2, 1)
        .Field("a", static (ref d) => ref d.A)
        .Field("b", static (ref d) => ref d.B, since: 2)
        .Build();

    internal static readonly KindRow[] Rows =
    [
        new(VMStateFieldKind.Int8, "fe", static d => d.I8 = -2, static (b, since, when) => b.Field("x", static (ref d) => ref d.I8, since, when)),
        new(VMStateFieldKind.Int16, "fffe", static d => d.I16 = -2, static (b, since, when) => b.Field("x", static (ref d) => ref d.I16, since, when)),
        new(VMStateFieldKind.Int32, "fffffffe", static d => d.I32 = -2, static (b, since, when) => b.Field("x", static (ref d) => ref d.I32, since, when)),
        new(VMStateFieldKind.Int64, "fffffffffffffffe", static d => d.I64 = -2, static (b, since, when) => b.Field("x", static (ref d) => ref d.I64, since, when)),
        new(VMStateFieldKind.UInt8, "12", static d => d.U8 = 0x12, static (b, since, when) => b.Field("x", static (ref d) => ref d.U8, since, when)),
        new(VMStateFieldKind.UInt16, "1234", static d => d.U16 = 0x1234, static (b, since, when) => b.Field("x", static (ref d) => ref d.U16, since, when)),
        new(VMStateFieldKind.UInt32, "12345678", static d => d.U32 = 0x12345678, static (b, since, when) => b.Field("x", static (ref d) => ref d.U32, since, when)),
        new(VMStateFieldKind.UInt64, "123456789abcdef0", static d => d.U64 = 0x123456789abcdef0,
            static (b, since, when) => b.Field("x", static (ref d) => ref d.U64, since, when)),
        new(VMStateFieldKind.Bool, "01", static d => d.Flag = true, static (b, since, when) => b.Field("x", static (ref d) => ref d.Flag, since, when)),
        new(VMStateFieldKind.UInt8Equal, "07", static d => d.U8 = 7,
            static (b, since, when) => b.Equal("x", static (ref d) => ref d.U8, null, since, when)) { IsChecked = true },
        new(VMStateFieldKind.UInt16Equal, "0102", static d => d.U16 = 0x102,
            static (b, since, when) => b.Equal("x", static (ref d) => ref d.U16, null, since, when)) { IsChecked = true },
        new(VMStateFieldKind.Int32Equal, "fffffffd", static d => d.I32 = -3,
            static (b, since, when) => b.Equal("x", static (ref d) => ref d.I32, null, since, when)) { IsChecked = true },
        new(VMStateFieldKind.UInt32Equal, "80000001", static d => d.U32 = 0x80000001,
            static (b, since, when) => b.Equal("x", static (ref d) => ref d.U32, null, since, when)) { IsChecked = true },
        new(VMStateFieldKind.UInt64Equal, "8000000000000001", static d => d.U64 = 0x8000000000000001,
            static (b, since, when) => b.Equal("x", static (ref d) => ref d.U64, null, since, when)) { IsChecked = true },
        new(VMStateFieldKind.Int32LessOrEqual, "00000005", static d => d.I32 = 5,
            static (b, since, when) => b.AtMost("x", static (ref d) => ref d.I32, since, when)) { IsChecked = true },
        new(VMStateFieldKind.Float64, "3ff8000000000000", static d => d.Real = 1.5, static (b, since, when) => b.Float64("x", static (ref d) => ref d.Real, since, when)),
        new(VMStateFieldKind.CpuDouble, "c000000000000000", static d => d.Real = -2, static (b, since, when) => b.Field("x", static (ref d) => ref d.Real, since, when)),
        new(VMStateFieldKind.Timer, "ffffffffffffffff", static d => d.I64 = -1, static (b, since, when) => b.Timer("x", static (ref d) => ref d.I64, since, when)),
        new(VMStateFieldKind.Buffer, "090807", static d => (d.Bytes[0], d.Bytes[1], d.Bytes[2]) = (9, 8, 7),
            static (b, since, when) => b.Buffer("x", static (ref d) => d.Bytes, 3, since, when)),
        new(VMStateFieldKind.Unused, "0000", static _ => { }, static (b, since, when) => b.Unused(2, "x", since, when)),
        new(VMStateFieldKind.Bitmap, "8000000000000000 0000000000000001", static d => (d.Words[0], d.Words[1]) = (1UL << 63, 1),
            static (b, since, when) => b.Bitmap("x", static (ref d) => d.Words, 65, since, when)),
        new(VMStateFieldKind.Struct, "05 0006", static d => d.Part = new Part { A = 5, B = 6 },
            static (b, since, when) => b.Struct("x", static (ref d) => ref d.Part, Coded.Part, since, when)),
        new(VMStateFieldKind.VersionedStruct, "05", static d => d.Part = new Part { A = 5 },
            static (b, since, when) => b.VersionedStruct("x", static (ref d) => ref d.Part, Grown, 1, since, when)),
        new(VMStateFieldKind.Temporary, "ed 0034", static d => (d.U8, d.U16) = (0x12, 0x34),
            static (b, since, when) => b.Temporary("x", Coded.Part, new SampleForm(), since, when)),
        new(VMStateFieldKind.TailQueue, "01 01 0002 01 03 0004 00", static d => d.Queue = [new PartBox { A = 1, B = 2 }, new PartBox { A = 3, B = 4 }],
            static (b, since, when) => b.Queue("x", static (ref d) => ref d.Queue, Coded.Box, static () => new PartBox(), since: since, when: when)),
        new(VMStateFieldKind.List, "01 01 0002 00", static d => d.Queue = [new PartBox { A = 1, B = 2 }],
            static (b, since, when) => b.List("x", static (ref d) => ref d.Queue, Coded.Box, static () => new PartBox(), since: since, when: when)),
        new(VMStateFieldKind.Tree, "00000001 01 0000000000000020 02 0000 00", static d => d.Tree = new() { [0x20] = new PartBox { A = 2 } },
            static (b, since, when) => b.Tree("x", static (ref d) => ref d.Tree, Coded.Box, static () => new PartBox(), since: since, when: when)),
        new(VMStateFieldKind.CountedName, "02 61 62", static d => d.Name = "ab", static (b, since, when) => b.CountedName("x", static (ref d) => ref d.Name, since, when)),
        new(VMStateFieldKind.CountedBytes, "00000001 ff", static d => d.Bytes = [0xff],
            static (b, since, when) => b.CountedBytes("x", static (ref d) => ref d.Bytes, since, when)),
        new(VMStateFieldKind.Descriptor, "20", static d => d.I32 = KindTableTests.Descriptor,
            static (b, since, when) => b.Descriptor("x", static (ref d) => ref d.I32, since, when)),
        new(VMStateFieldKind.Custom, "34 12", static d => d.U16 = 0x1234, static (b, since, when) => b.Custom("x", "own", new SampleField(), since, when)),
        new(VMStateFieldKind.Validation, "", static d => d.U8 = 4, static (b, _, _) => b.Validate("x", static (ref d, _) => d.U8 % 2 == 0)) { IsConditional = false },
    ];
}
