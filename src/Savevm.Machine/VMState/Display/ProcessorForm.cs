using System.Globalization;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>Registers of an x86 processor, by the names of its manual.</summary>
internal static class ProcessorForm
{
    private const int DigitsOfByte = 2;
    private const int InterruptFlag = 9;

    private static readonly string[] LongNames =
    [
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    ];

    private static readonly string[] ShortNames = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

    private static readonly string[] SegmentNames = ["es", "cs", "ss", "ds", "fs", "gs"];

    // In the order in which QEMU prints them.
    private static readonly (int Bit, char Letter)[] FlagLetters =
        [(10, 'D'), (11, 'O'), (7, 'S'), (6, 'Z'), (4, 'A'), (2, 'P'), (0, 'C')];

    private static readonly (int Bit, string Name)[] Cr0 =
    [
        (0, "PE"), (1, "MP"), (2, "EM"), (3, "TS"), (4, "ET"), (5, "NE"), (16, "WP"), (18, "AM"), (29, "NW"), (30, "CD"), (31, "PG"),
    ];

    private static readonly (int Bit, string Name)[] Cr4 =
    [
        (0, "VME"), (1, "PVI"), (2, "TSD"), (3, "DE"), (4, "PSE"), (5, "PAE"), (6, "MCE"), (7, "PGE"), (8, "PCE"), (9, "OSFXSR"),
        (10, "OSXMMEXCPT"), (11, "UMIP"), (12, "LA57"), (13, "VMXE"), (14, "SMXE"), (16, "FSGSBASE"), (17, "PCIDE"), (18, "OSXSAVE"),
        (20, "SMEP"), (21, "SMAP"), (22, "PKE"), (23, "CET"), (24, "PKS"),
    ];

    private static readonly (int Bit, string Name)[] Efer =
        [(0, "SCE"), (8, "LME"), (10, "LMA"), (11, "NXE"), (12, "SVME"), (13, "LMSLE"), (14, "FFXSR")];

    internal static void Write(DecodedNode cpu, DisplayWriter writer)
    {
        if (cpu.Find("env.regs") is { } registers)
            WriteRegisters(registers, writer);
        bool isLong = cpu.Find("env.regs")?.Value.ElementBytes == sizeof(ulong);
        WriteNumber(cpu, "env.eip", isLong ? "rip" : "eip", writer);
        if (cpu.Find("env.eflags") is { } flags && DisplayWriter.Number(flags) is { } value)
            writer.Add("eflags", flags, $"{Hex(flags)} {Letters(value)}{((value >> InterruptFlag & 1) != 0 ? " IF" : "")}");
        for (int i = 0; i < SegmentNames.Length; i++)
            WriteSegment(cpu, $"env.segs[{i}]", SegmentNames[i], writer);
        WriteSegment(cpu, "env.ldt", "ldt", writer);
        WriteSegment(cpu, "env.tr", "tr", writer);
        WriteTable(cpu, "env.gdt", "gdt", writer);
        WriteTable(cpu, "env.idt", "idt", writer);
        WriteBits(cpu, "env.cr[0]", "cr0", Cr0, writer);
        WriteNumber(cpu, "env.cr[2]", "cr2", writer);
        WriteNumber(cpu, "env.cr[3]", "cr3", writer);
        WriteBits(cpu, "env.cr[4]", "cr4", Cr4, writer);
        WriteBits(cpu, "env.efer", "efer", Efer, writer);
    }

    private static void WriteRegisters(DecodedNode registers, DisplayWriter writer)
    {
        string[] names = registers.Value.ElementBytes == sizeof(ulong) ? LongNames : ShortNames;
        if (registers.Value.Kind != ValueKind.Number)
            return;
        for (int i = 0; i < Math.Min(names.Length, registers.Value.Count); i++)
            writer.Add(names[i], registers, Hex(registers, i));
    }

    private static void WriteNumber(DecodedNode cpu, string field, string name, DisplayWriter writer)
    {
        if (cpu.Find(field) is { } node && DisplayWriter.Number(node) is not null)
            writer.Add(name, node, Hex(node));
    }

    private static void WriteBits(DecodedNode cpu, string field, string name, (int Bit, string Name)[] bits, DisplayWriter writer)
    {
        if (cpu.Find(field) is { } node && DisplayWriter.Number(node) is { } value)
            writer.Add(name, node, $"{Hex(node)} {DisplayWriter.Bits(value, bits)}".TrimEnd());
    }

    private static void WriteSegment(DecodedNode cpu, string field, string name, DisplayWriter writer)
    {
        if (cpu.Find(field) is not { } segment || DisplayWriter.Number(segment.Find("selector")) is not { } selector
            || DisplayWriter.Number(segment.Find("flags")) is not { } flags || segment.Find("base") is not { } start
            || segment.Find("limit") is not { } limit)
            return;
        writer.Add(
            name, segment,
            string.Create(CultureInfo.InvariantCulture, $"0x{selector:x4} base {Hex(start)} limit {Hex(limit)} flags 0x{flags:x8} {SegmentText(flags)}"));
    }

    private static void WriteTable(DecodedNode cpu, string field, string name, DisplayWriter writer)
    {
        if (cpu.Find(field) is { } table && table.Find("base") is { } start && table.Find("limit") is { } limit)
            writer.Add(name, table, $"base {Hex(start)} limit {Hex(limit)}");
    }

    /// <summary>The descriptor's bits, in the places where the processor's second word has them.</summary>
    private static string SegmentText(ulong flags)
    {
        if ((flags >> 15 & 1) == 0)
            return "not present";
        if ((flags >> 12 & 1) == 0)
            return string.Create(CultureInfo.InvariantCulture, $"{SystemKind((int)(flags >> 8 & 0xf))}, ring {flags >> 13 & 3}");
        bool isCode = (flags >> 11 & 1) != 0;
        bool canMore = (flags >> 9 & 1) != 0;
        string kind = isCode ? (canMore ? "code, readable" : "code") : canMore ? "data, writable" : "data";
        string width = (flags >> 21 & 1) != 0 ? "64 bits" : (flags >> 22 & 1) != 0 ? "32 bits" : "16 bits";
        return string.Create(CultureInfo.InvariantCulture, $"{kind}, ring {flags >> 13 & 3}, {width}");
    }

    /// <summary>What a segment of the system is. The bits that tell the width of others mean nothing in it.</summary>
    private static string SystemKind(int type) => type switch
    {
        1 => "16-bit TSS, available",
        2 => "LDT",
        3 => "16-bit TSS, busy",
        9 => "TSS, available",
        11 => "TSS, busy",
        _ => $"system, type {type:x}",
    };

    private static string Letters(ulong flags) =>
        string.Concat(FlagLetters.Select(flag => (flags >> flag.Bit & 1) != 0 ? flag.Letter : '-'));

    private static string Hex(DecodedNode node, int index = 0)
    {
        if (DisplayWriter.Number(node, index) is not { } value)
            return "?";
        return "0x" + value.ToString("x" + (DigitsOfByte * node.Value.ElementBytes), CultureInfo.InvariantCulture);
    }
}
