using System.Text;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding;

/// <summary>Every kind of field that holds a value, by the name that QEMU writes into the description.</summary>
internal static class FieldKindTable
{
    private const int PciPins = 4;

    internal static readonly FieldKindRow[] Rows =
    [
        new("uint8", ValueKind.Number, 1),
        new("uint16", ValueKind.Number, 2),
        new("uint32", ValueKind.Number, 4),
        new("uint64", ValueKind.Number, 8),
        new("bool", ValueKind.Bool, 1),
        new("int8", ValueKind.SignedNumber, 1),
        new("int16", ValueKind.SignedNumber, 2),
        new("int32", ValueKind.SignedNumber, 4),
        new("int64", ValueKind.SignedNumber, 8),
        new("buffer", ValueKind.Bytes, 0),
        new("unused_buffer", ValueKind.Unused, 0),
        new("timer", ValueKind.Timer, 8),
        new("uint8 equal", ValueKind.Number, 1),
        new("uint16 equal", ValueKind.Number, 2),
        new("uint32 equal", ValueKind.Number, 4),
        // QEMU gives the unsigned check of 64 bits this name.
        new("int64 equal", ValueKind.Number, 8),
        new("int32 equal", ValueKind.SignedNumber, 4),
        new("int32 le", ValueKind.SignedNumber, 4),
        new("CPU_Double_U", ValueKind.Real, 8),
        new("bitmap", ValueKind.Bitmap, 0),
        new("capability", ValueKind.Text, 0),
        new("nullptr", ValueKind.NullPointer, 1),
        new("ptr-marker", ValueKind.PointerMark, 1),
        // A byte beside the descriptor, or its number as a be32.
        new("fd", ValueKind.Number, 0),
        new("pci irq state", ValueKind.Number, PciPins * sizeof(uint)),
        new("shpc", ValueKind.Bytes, 0),
    ];

    private static readonly byte[][] Names = Array.ConvertAll(Rows, row => Encoding.ASCII.GetBytes(row.Type));

    /// <summary>The row of a type; null when it holds no plain value.</summary>
    internal static FieldKindRow? Find(ReadOnlySpan<byte> type)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (type.SequenceEqual(Names[i]))
                return Rows[i];
        }
        return null;
    }

    /// <summary>Bytes of one number within a field of these bytes, which may hold several that the description does not count.</summary>
    internal static int NumberBytes(FieldKindRow row, int fieldBytes) => row.Type switch
    {
        "pci irq state" => sizeof(uint),
        _ => fieldBytes,
    };
}
