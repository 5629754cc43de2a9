using System.Buffers.Binary;
using Savevm.Machine.Ram;

namespace Savevm.States.Writing;

/// <summary>
/// Writes an ELF core of the guest's physical memory with the registers of its processors, as QEMU's <c>dump-guest-memory</c> does: tools that
/// read those read these. Always of the 64-bit form for x86-64, also of a guest that does not use its 64 bits.
/// </summary>
public static class ElfWriter
{
    private const int FileHeaderBytes = 64, ProgramHeaderBytes = 56;
    private const ushort CoreType = 4, Amd64 = 62;
    private const uint LoadType = 1, NoteType = 4;

    /// <summary>Memory begins at a multiple of this, so that its holes are whole blocks of the file system.</summary>
    private const int Alignment = 4096;

    /// <summary>Writes the file.</summary>
    /// <param name="ram">The RAM.</param>
    /// <param name="layout">Where it lies; the firmware's ROM goes with it, as in QEMU's dumps.</param>
    /// <param name="processors">The registers, in the order of the processors' numbers; may be empty.</param>
    /// <param name="target">Where to.</param>
    /// <param name="watch">Counts.</param>
    /// <exception cref="Machine.DamagedStateException">The RAM is not what was saved.</exception>
    /// <exception cref="IOException">The target refused.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public static void Write(
        IRamSource ram, PhysicalLayout layout, IReadOnlyList<CpuRegisters> processors, ExportStream target, WritingWatch watch)
    {
        ArgumentNullException.ThrowIfNull(ram);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(processors);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(watch);
        IReadOnlyList<PhysicalRange> ranges = layout.WithFirmware();
        byte[] notes = ElfNotes.Make(processors);
        long notesAt = FileHeaderBytes + (ProgramHeaderBytes * (ranges.Count + 1L));
        long memoryAt = (notesAt + notes.Length + Alignment - 1) & ~(Alignment - 1L);
        WriteHeaders(target, ranges, notes.Length, notesAt, memoryAt);
        target.Write(notes);
        target.WriteZeros(memoryAt - notesAt - notes.Length);
        using IPageReader reader = ram.OpenReader();
        foreach (PhysicalRange range in ranges)
            PageCopy.Copy(reader, range, target, watch);
        target.Flush();
    }

    private static void WriteHeaders(ExportStream target, IReadOnlyList<PhysicalRange> ranges, int notesBytes, long notesAt, long memoryAt)
    {
        Span<byte> header = stackalloc byte[FileHeaderBytes];
        header.Clear();
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], CoreType);
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], Amd64);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], FileHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], FileHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], ProgramHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], checked((ushort)(ranges.Count + 1)));
        target.Write(header);
        WriteProgramHeader(target, NoteType, notesAt, 0, notesBytes);
        foreach (PhysicalRange range in ranges)
        {
            WriteProgramHeader(target, LoadType, memoryAt, range.Address, range.Length);
            memoryAt += range.Length;
        }
    }

    private static void WriteProgramHeader(ExportStream target, uint type, long offset, long address, long bytes)
    {
        Span<byte> header = stackalloc byte[ProgramHeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], bytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], bytes);
        target.Write(header);
    }
}
