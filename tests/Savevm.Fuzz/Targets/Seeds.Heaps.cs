using Savevm.Heaps.Tests;
using Savevm.Wire.Ram;

namespace Savevm.Fuzz.Targets;

/// <summary>Images of heaps: what stands in them, and where.</summary>
internal static partial class Seeds
{
    public static IEnumerable<byte[]> HeapImages()
    {
        SparseRegion[] small = [new("index", 1, 0), new("data", 9, 0, 2, 3, 8)];
        yield return Sparse(new SparseImage(small, PageBytes));
        yield return Sparse(new SparseImage(small, PageBytes), options: 1);
        // As they are written, and one that is nearly nothing but holes.
        yield return Sparse(new SparseImage([new("data", 1 << 16, 5, 4095, 4096), new("none", 16)]));
        yield return Sparse(new SparseImage([new("tebibyte", 1L << 28, 77)], PageBytes));
        // What a heap has not: a page within the stream, and something around it.
        yield return Sparse(new SparseImage(small, PageBytes, Written(writer =>
        {
            Span<byte> record = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 8];
            writer.WriteBytes(record[..RamRecordWriter.WriteZeroPage(record, 0x3000, "data"u8)]);
        })));
        byte[] packed = Gzip(MappedRamFile());
        yield return Sparse([(0, packed)], (ulong)packed.Length, options: 0);
    }

    private static byte[] Sparse(SparseImage image, byte options = 0) => Sparse(image.Pieces, image.Length, options);

    /// <summary>A byte of options, the length of the file, and the pieces of it that are no holes.</summary>
    private static byte[] Sparse(IReadOnlyList<(ulong Place, byte[] Bytes)> pieces, ulong length, byte options) => Written(writer =>
    {
        writer.WriteByte(options);
        writer.WriteUInt64(length);
        foreach ((ulong place, byte[] bytes) in pieces)
        {
            writer.WriteUInt64(place);
            writer.WriteUInt16((ushort)bytes.Length);
            writer.WriteBytes(bytes);
        }
    });
}
