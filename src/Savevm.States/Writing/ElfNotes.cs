using System.Buffers.Binary;

namespace Savevm.States.Writing;

/// <summary>
/// The notes of an x86-64 memory dump as QEMU writes them: first for each processor the registers as a Linux core file has them, then for each
/// what QEMU adds, which is where tools find the page tables.
/// </summary>
internal static class ElfNotes
{
    private const int HeaderBytes = 12, NameBytes = 8;
    private const int StatusBytes = 336, StateBytes = 440;
    private const uint StatusType = 1, StateType = 0;
    private const uint StateVersion = 1;

    /// <summary>Bytes of all notes.</summary>
    internal static int GetBytes(int processors) => processors * (StatusBytes + StateBytes + (2 * (HeaderBytes + NameBytes)));

    /// <summary>Makes the notes.</summary>
    internal static byte[] Make(IReadOnlyList<CpuRegisters> processors)
    {
        byte[] notes = new byte[GetBytes(processors.Count)];
        Span<byte> rest = notes;
        for (int i = 0; i < processors.Count; i++)
            WriteStatus(Begin(ref rest, "CORE"u8, StatusType, StatusBytes), processors[i], i + 1);
        foreach (CpuRegisters processor in processors)
            WriteState(Begin(ref rest, "QEMU"u8, StateType, StateBytes), processor);
        return notes;
    }

    private static Span<byte> Begin(ref Span<byte> rest, ReadOnlySpan<byte> name, uint type, int bytes)
    {
        Span<byte> note = rest[..(HeaderBytes + NameBytes + bytes)];
        rest = rest[note.Length..];
        BinaryPrimitives.WriteInt32LittleEndian(note, name.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(note[4..], bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(note[8..], type);
        name.CopyTo(note[HeaderBytes..]);
        return note[(HeaderBytes + NameBytes)..];
    }

    /// <summary>Linux's <c>struct elf_prstatus</c> with <c>user_regs_struct</c> at 112.</summary>
    private static void WriteStatus(Span<byte> note, CpuRegisters cpu, int number)
    {
        const int numberOffset = 32, registersOffset = 112;
        BinaryPrimitives.WriteInt32LittleEndian(note[numberOffset..], number);
        IReadOnlyList<ulong> general = cpu.General;
        ReadOnlySpan<ulong> fields =
        [
            general[15], general[14], general[13], general[12], general[5], general[3], general[11], general[10],
            general[9], general[8], general[0], general[1], general[2], general[6], general[7], 0,
            cpu.Rip, cpu.Cs.Selector, cpu.Rflags, general[4], cpu.Ss.Selector,
            cpu.Fs.Base, cpu.Gs.Base, cpu.Ds.Selector, cpu.Es.Selector, cpu.Fs.Selector, cpu.Gs.Selector,
        ];
        WriteWords(note[registersOffset..], fields);
    }

    private static void WriteState(Span<byte> note, CpuRegisters cpu)
    {
        const int generalOffset = 8, segmentBytes = 24;
        BinaryPrimitives.WriteUInt32LittleEndian(note, StateVersion);
        BinaryPrimitives.WriteInt32LittleEndian(note[4..], StateBytes);
        IReadOnlyList<ulong> general = cpu.General;
        ReadOnlySpan<ulong> fields =
        [
            general[0], general[3], general[1], general[2], general[6], general[7], general[4], general[5],
            general[8], general[9], general[10], general[11], general[12], general[13], general[14], general[15],
            cpu.Rip, cpu.Rflags,
        ];
        WriteWords(note[generalOffset..], fields);
        note = note[(generalOffset + (fields.Length * sizeof(ulong)))..];
        foreach (CpuSegment segment in (ReadOnlySpan<CpuSegment>)[cpu.Cs, cpu.Ds, cpu.Es, cpu.Fs, cpu.Gs, cpu.Ss, cpu.Ldt, cpu.Tr, cpu.Gdt, cpu.Idt])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(note, segment.Selector);
            BinaryPrimitives.WriteUInt32LittleEndian(note[4..], segment.Limit);
            BinaryPrimitives.WriteUInt32LittleEndian(note[8..], segment.Flags);
            BinaryPrimitives.WriteUInt64LittleEndian(note[16..], segment.Base);
            note = note[segmentBytes..];
        }
        IReadOnlyList<ulong> control = cpu.Control;
        WriteWords(note, [control[0], control[1], control[2], control[3], control[4], cpu.KernelGsBase]);
    }

    private static void WriteWords(Span<byte> target, ReadOnlySpan<ulong> words)
    {
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(target[(i * sizeof(ulong))..], words[i]);
    }
}
