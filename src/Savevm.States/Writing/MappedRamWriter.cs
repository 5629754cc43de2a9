using Savevm.Linux.Files;
using Savevm.Machine.Ram;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.States.Writing;

/// <summary>
/// Writes a mapped-ram file, which QEMU since 9.0 loads by <c>file:</c> with the capability on, by several threads. Zero pages are holes and are
/// told by the bitmap alone. Memory for the bitmaps: 32 KiB for each GiB of RAM.
/// </summary>
public static class MappedRamWriter
{
    private static readonly StreamDialect Dialect = StreamDialect.Default with { HasMappedRam = true };

    /// <summary>Writes the file; it must be empty behind <paramref name="position"/>.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="target">A file, no pipe.</param>
    /// <param name="options">How.</param>
    /// <param name="watch">Counts.</param>
    /// <param name="position">Where the stream begins: 0, or behind the header of a sparse libvirt image.</param>
    /// <exception cref="Machine.DamagedStateException">The RAM is not what was saved.</exception>
    /// <exception cref="IOException">The file system refused; with direct writes also when it has none.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    /// <exception cref="ArgumentException">The target is a pipe.</exception>
    public static void Write(SavedMachine machine, ExportFile target, MappedRamOptions options, WritingWatch watch, long position = 0)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(watch);
        LinuxFile file = target.File ?? throw new ArgumentException("A mapped-ram file is written at many places, which a pipe has not.", nameof(target));

        var writer = new WireWriter();
        StreamParts.WriteBeforeRam(writer, machine.Devices, hasMappedRam: true);
        MappedRamPlace[] places = WriteBlockList(machine, file, writer, ref position);
        new MappedRamPages(machine.Ram, target, places, options, watch).Run();
        foreach (MappedRamPlace place in places)
            file.Write(place.Bitmap, (long)place.Header.BitmapPosition);

        writer.Clear();
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, machine.Devices.RamSectionId);
        ForwardWriter.WriteSectionPart(writer, SectionType.End, machine.Devices.RamSectionId);
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, machine.Devices.RamSectionId);
        StreamParts.WriteBehindRam(writer, machine.Devices);
        file.Write(writer.WrittenSpan, position);
    }

    /// <summary>
    /// Writes what stands before each block's bitmap: of the first one everything since the beginning, of the others their entry of the list.
    /// </summary>
    private static MappedRamPlace[] WriteBlockList(SavedMachine machine, LinuxFile file, WireWriter writer, ref long position)
    {
        RamSetupBlock[] blocks =
        [
            .. machine.Ram.Blocks.Select(block => new RamSetupBlock(block.IdStr, (ulong)block.UsedLength, RamBlock.PageSize)),
        ];
        RamRecordWriter.WriteSetupHead(writer, blocks, Dialect);
        var places = new MappedRamPlace[blocks.Length];
        for (int i = 0; i < blocks.Length; i++)
        {
            // The entry's length does not depend on what its header says.
            int before = writer.Length;
            RamRecordWriter.WriteSetupBlock(writer, blocks[i] with { MappedRam = default(MappedRamHeader) }, Dialect);
            ulong headerPosition = (ulong)(position + writer.Length - MappedRamHeader.HeaderBytes);
            MappedRamHeader header = MappedRamHeader.Place(headerPosition, blocks[i].UsedLength);
            byte[] head = writer.WrittenSpan[..before].ToArray();
            writer.Clear();
            writer.WriteBytes(head);
            RamRecordWriter.WriteSetupBlock(writer, blocks[i] with { MappedRam = header }, Dialect);
            file.Write(writer.WrittenSpan, position);
            places[i] = new MappedRamPlace(machine.Ram.Blocks[i], header, new byte[MappedRamHeader.GetBitmapBytes(blocks[i].UsedLength)]);
            position = (long)header.GetNextPosition(headerPosition, blocks[i].UsedLength);
            writer.Clear();
        }
        file.SetLength(position);
        return places;
    }
}
