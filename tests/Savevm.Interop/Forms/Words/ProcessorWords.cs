using System.Globalization;
using System.Text.RegularExpressions;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms.Words;

/// <summary>What <c>info registers</c> prints of every processor that is in long mode.</summary>
internal static partial class ProcessorWords
{
    private const int VectorRegisters = 16;
    private const int FloatRegisters = 8;

    private static readonly string[] General =
        ["RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "RIP", "CR2", "CR3"];

    private static readonly (string Theirs, string Ours)[] Plain =
    [
        ("CR0", "env.cr[0]"), ("CR4", "env.cr[4]"), ("EFER", "env.efer"), ("FCW", "env.fpuc"), ("FSW", "env.fpus_vmstate"),
        ("FTW", "env.fptag_vmstate"), ("MXCSR", "env.mxcsr"), ("RFL", "env.eflags"),
    ];

    public static async Task CompareAsync(LabGuest guest, DecodedState state, int processors, Comparison comparison)
    {
        string[] printed = (await guest.HumanAsync("info registers -a")).Split("CPU#");
        comparison.Begin("info registers");
        for (int cpu = 0; cpu < processors; cpu++)
        {
            DecodedField device = state.Device("cpu", cpu);
            string words = printed[cpu + 1];
            CompareWords(cpu, words, device, comparison);
            CompareSegments(cpu, words, device, comparison);
            CompareVectors(cpu, words, device, comparison);
            comparison.Same($"HLT of {cpu}", Value(words, "HLT"), state.Device("cpu_common", cpu).Number("halted"));
        }
    }

    private static void CompareWords(int cpu, string words, DecodedField device, Comparison comparison)
    {
        foreach (string name in General)
        {
            comparison.Same($"{name} of {cpu}", $"0x{Value(words, name):x16}", device.Shown(name.ToLowerInvariant()));
        }

        foreach ((string theirs, string ours) in Plain)
        {
            comparison.Same($"{theirs} of {cpu}", Value(words, theirs), device.Number(ours));
        }

        foreach (string name in new[] { "CR0", "CR4", "EFER" })
        {
            comparison.Same($"{name} shown of {cpu}", $"0x{Value(words, name):x16}", device.Shown(name.ToLowerInvariant()).Split(' ')[0]);
        }

        comparison.Same($"flags of {cpu}", FlagPattern().Match(words).Groups[1].Value, device.Shown("eflags").Split(' ')[1]);
        comparison.Same($"CPL of {cpu}", Value(words, "CPL"), device.Number("env.hflags") & 3);
        comparison.Same($"A20 of {cpu}", Value(words, "A20"), device.Number("env.a20_mask") >> 20 & 1);
        foreach (int index in new[] { 0, 1, 2, 3, 6, 7 })
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"DR{index}");
            comparison.Same($"{name} of {cpu}", Value(words, name), device["env.dr"].Number(index));
        }
    }

    private static void CompareSegments(int cpu, string words, DecodedField device, Comparison comparison)
    {
        foreach (string name in new[] { "ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR" })
        {
            Match match = Regex.Match(words, $@"^{name} ?=([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)([^\r\n]*)", RegexOptions.Multiline);
            Assert.True(match.Success, $"{name} is not printed");
            comparison.Same(
                $"{name} of {cpu}",
                $"0x{match.Groups[1].Value} base 0x{match.Groups[2].Value} limit 0x{match.Groups[3].Value} flags 0x{match.Groups[4].Value} {Kind(match.Groups[5].Value)}",
                Masked(device.Shown(name.ToLowerInvariant())));
        }

        foreach (string name in new[] { "GDT", "IDT" })
        {
            Match match = Regex.Match(words, $@"^{name}= +([0-9a-f]+) ([0-9a-f]+)", RegexOptions.Multiline);
            Assert.True(match.Success, $"{name} is not printed");
            comparison.Same(
                $"{name} of {cpu}", $"base 0x{match.Groups[1].Value} limit 0x{match.Groups[2].Value}", device.Shown(name.ToLowerInvariant()));
        }
    }

    /// <summary>Of the flags, QEMU keeps all bits of the descriptor's second word and prints those that are no part of the address.</summary>
    private static string Masked(string shown) => ShownFlagsPattern().Replace(
        shown, match => $"flags 0x{Convert.ToUInt32(match.Groups[1].Value, 16) & 0x00ff_ff00:x8}");

    /// <summary>The words of the descriptor, in our words.</summary>
    private static string Kind(string words)
    {
        Match match = KindPattern().Match(words);
        if (!match.Success)
        {
            return "not present";
        }

        string ring = match.Groups[1].Value;
        string bits = match.Groups[3].Value.Length == 0 ? "32" : match.Groups[3].Value;
        return match.Groups[2].Value switch
        {
            "CS" => $"code{(match.Groups[4].Value[1] == 'R' ? ", readable" : "")}, ring {ring}, {bits} bits",
            "DS" => $"data{(match.Groups[4].Value[1] == 'W' ? ", writable" : "")}, ring {ring}, {bits} bits",
            "TSS64-avl" => $"TSS, available, ring {ring}",
            "TSS64-busy" => $"TSS, busy, ring {ring}",
            "LDT" => $"LDT, ring {ring}",
            string other => $"unknown {other}",
        };
    }

    private static void CompareVectors(int cpu, string words, DecodedField device, Comparison comparison)
    {
        for (int i = 0; i < FloatRegisters; i++)
        {
            Match match = Regex.Match(words, string.Create(CultureInfo.InvariantCulture, $"FPR{i}=([0-9a-f]+) ([0-9a-f]+)"));
            DecodedField value = device["env.fpregs", string.Create(CultureInfo.InvariantCulture, $"env.fpregs[{i}]")];
            comparison.Same($"FPR{i} of {cpu}", match.Value, string.Create(
                CultureInfo.InvariantCulture, $"FPR{i}={value.Number("tmp_mant"):x16} {value.Number("tmp_exp"):x4}"));
        }

        for (int i = 0; i < VectorRegisters; i++)
        {
            Match match = Regex.Match(words, string.Create(CultureInfo.InvariantCulture, $"XMM{i:00}=([0-9a-f]+) ([0-9a-f]+)"));
            DecodedField value = device["env.xmm_regs[0]", string.Create(CultureInfo.InvariantCulture, $"env.xmm_regs[0][{i}]")];
            comparison.Same($"XMM{i} of {cpu}", match.Value, string.Create(
                CultureInfo.InvariantCulture, $"XMM{i:00}={value.Number("_q_ZMMReg[1]"):x16} {value.Number("_q_ZMMReg[0]"):x16}"));
        }
    }

    private static ulong Value(string words, string name) =>
        Regex.Match(words, $@"\b{name} ?=([0-9a-f]+)") is { Success: true } match
            ? Convert.ToUInt64(match.Groups[1].Value, 16) : throw new InvalidDataException($"QEMU does not print {name}");

    [GeneratedRegex("flags 0x([0-9a-f]{8})")]
    private static partial Regex ShownFlagsPattern();

    [GeneratedRegex(@"RFL=[0-9a-f]+ \[([A-Z-]+)\]")]
    private static partial Regex FlagPattern();

    [GeneratedRegex(@"DPL=([0-3]) (TSS64-avl|TSS64-busy|LDT|CS|DS)(\d*) *(?:\[(...)\])?")]
    private static partial Regex KindPattern();
}
