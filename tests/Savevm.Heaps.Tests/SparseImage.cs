using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Tests;

/// <summary>The image of a heap as whoever likes can write one: what stands in it and where, and holes of any length between.</summary>
internal sealed class SparseImage
{
    private const ulong PageBytes = 4096;
    private const string Description =
        """{"page_size": 4096, "devices": [{"name": "heap", "instance_id": 0, "vmsd_name": "heap", "version": 1, "fields": [{"name": "number", "type": "uint64", "size": 8}, {"name": "taken", "type": "int64", "size": 8}]}]}""";

    private readonly List<(ulong Place, byte[] Bytes)> pieces = [];

    /// <param name="regions">The regions in their order.</param>
    /// <param name="alignment">The pages of each begin at a multiple of this.</param>
    /// <param name="records">What stands in the stream where pages could.</param>
    /// <param name="hole">Bytes of a hole in the middle of what it says of itself, behind the regions.</param>
    /// <param name="machine">Whose state it says to be.</param>
    internal SparseImage(
        IReadOnlyList<SparseRegion> regions, ulong alignment = MappedRamHeader.PagesAlignment, byte[]? records = null, ulong hole = 0, string machine = "heap")
    {
        var dialect = StreamDialect.Default with { HasMappedRam = true };
        byte[] head = Written(writer =>
        {
            ForwardWriter.WriteHeader(writer);
            ForwardWriter.WriteConfiguration(writer, ConfigurationRecord.Create(machine, ["mapped-ram"]));
            ForwardWriter.WriteSectionStart(writer, SectionType.Start, 1, "ram", 0, 4);
            // By hand: the writer takes no more than a reader should.
            writer.WriteUInt64(regions.Aggregate(0UL, (sum, region) => sum + region.Bytes) | (ulong)RamFlags.MemSize);
        });
        ulong at = 0;
        foreach (var region in regions)
        {
            var bitmap = at + (ulong)head.Length + 1 + (ulong)region.Name.Length + sizeof(ulong) + MappedRamHeader.HeaderBytes;
            var pages = (bitmap + MappedRamHeader.GetBitmapBytes(region.Bytes) + alignment - 1) / alignment * alignment;
            var told = region.Place ?? new MappedRamHeader(bitmap, pages);
            byte[] block = Written(writer => RamRecordWriter.WriteSetupBlock(writer, new RamSetupBlock(region.Name, region.Bytes, PageBytes) { MappedRam = told }, dialect));
            pieces.Add((at, [.. head, .. block, .. region.Bitmap()]));
            foreach (var page in region.Pages) pieces.Add((pages + ((ulong)page * PageBytes), [SparseRegion.FirstByteOf(page), 7]));
            at = pages + region.Bytes;
            head = [];
        }
        byte[] tail = Written(writer =>
        {
            writer.WriteBytes(records);
            RamRecordWriter.WriteEndOfSection(writer);
            ForwardWriter.WriteFooter(writer, 1);
            ForwardWriter.WriteSectionStart(writer, SectionType.Full, 2, "heap", 0, 1);
            writer.WriteUInt64(3);
        });
        pieces.Add((at, tail));
        at += (ulong)tail.Length + hole;
        tail = Written(writer =>
        {
            writer.WriteUInt64(1_700_000_000_000);
            ForwardWriter.WriteFooter(writer, 2);
            ForwardWriter.WriteEndOfFile(writer);
            ForwardWriter.WriteDescription(writer, Description);
        });
        pieces.Add((at, tail));
        Length = at + (ulong)tail.Length;
    }

    /// <summary>Its parts that are no holes.</summary>
    internal IReadOnlyList<(ulong Place, byte[] Bytes)> Pieces => pieces;

    /// <summary>Bytes of the file.</summary>
    internal ulong Length { get; }

    /// <summary>Writes it to a file, or so many bytes of it.</summary>
    internal void Write(string path, ulong length = ulong.MaxValue)
    {
        length = Math.Min(length, Length);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var (place, bytes) in pieces.Where(piece => piece.Place < length))
        {
            file.Position = (long)place;
            file.Write(bytes);
        }
        file.SetLength((long)length);
    }

    private static byte[] Written(Action<WireWriter> write)
    {
        var writer = new WireWriter();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
