using System.Globalization;
using System.Text.RegularExpressions;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms.Words;

/// <summary>What QEMU prints of its interrupt controllers.</summary>
internal static partial class InterruptWords
{
    private const int Pins = 24;
    private const int RemoteIrr = 14;

    // As `info pic` calls it, as the field is called.
    private static readonly (string Theirs, string Ours)[] PicFields =
    [
        ("irr", "irr"), ("imr", "imr"), ("isr", "isr"), ("hprio", "priority_add"), ("irq_base", "irq_base"), ("rr_sel", "read_reg_select"),
        ("elcr", "elcr"), ("fnm", "special_fully_nested_mode"),
    ];

    // As `info lapic` calls it, the field, the place in it.
    private static readonly (string Theirs, string Ours, int Index)[] ApicFields =
    [
        ("LVTT", "lvt", 0), ("LVTTHMR", "lvt", 1), ("LVTPC", "lvt", 2), ("LVT0", "lvt", 3), ("LVT1", "lvt", 4), ("LVTERR", "lvt", 5),
        ("SPIV", "spurious_vec", 0), ("ICR", "icr", 0), ("ICR2", "icr", 1), ("ESR", "esr", 0), ("DCR", "divide_conf", 0),
        ("initial_count", "initial_count", 0), ("APR", "arb_id", 0), ("TPR", "tpr", 0), ("DFR", "dest_mode", 0), ("LDR", "log_dest", 0),
    ];

    public static async Task ComparePicsAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        string printed = await guest.HumanAsync("info pic");
        comparison.Begin("info pic, i8259");
        for (int pic = 0; pic < 2; pic++)
        {
            string line = LineOf(printed, $"pic{pic}:");
            foreach ((string theirs, string ours) in PicFields)
            {
                comparison.Same($"{theirs} of {pic}", Hex(Regex.Match(line, $@"\b{theirs}=([0-9a-f]+)")), state.Device("i8259", pic).Number(ours));
            }
        }

        comparison.Begin("info pic, ioapic");
        DecodedField ioapic = state.Device("ioapic");
        Match head = IoapicPattern().Match(printed);
        comparison.Same("id", Hex(head), ioapic.Number("id"));
        comparison.Same("sel", Hex(head, 2), ioapic.Number("ioregsel"));
        for (int pin = 0; pin < Pins; pin++)
        {
            Match entry = Regex.Match(printed, string.Create(CultureInfo.InvariantCulture, $@"pin {pin} +0x([0-9a-f]+)"));
            comparison.Same($"pin {pin}", Hex(entry), ioapic["ioredtbl"].Number(pin));
        }

        comparison.Same("IRR", Bits(LineOf(printed, "  IRR")), Bits(index => ioapic.Number("irr") >> index & 1, Pins));
        comparison.Same(
            "Remote IRR", Bits(LineOf(printed, "  Remote IRR")), Bits(index => ioapic["ioredtbl"].Number(index) >> RemoteIrr & 1, Pins));
    }

    public static async Task CompareApicsAsync(LabGuest guest, DecodedState state, int processors, Comparison comparison)
    {
        comparison.Begin("info lapic");
        for (int cpu = 0; cpu < processors; cpu++)
        {
            string printed = await guest.HumanAsync(string.Create(CultureInfo.InvariantCulture, $"info lapic {cpu}"));
            DecodedField apic = state.Device("apic", cpu);
            foreach ((string theirs, string ours, int index) in ApicFields)
            {
                Match value = Regex.Match(printed, $@"\b{theirs}\b[\s=]+(0x[0-9a-f]+|\d+)");
                comparison.Same($"{theirs} of {cpu}", Number(value.Groups[1].Value), apic[ours].Number(index));
            }

            foreach (string name in new[] { "ISR", "IRR" })
            {
                DecodedField words = apic[name.ToLowerInvariant()];
                comparison.Same(
                    $"{name} of {cpu}", Bits(LineOf(printed, $"{name}\t")), Bits(index => words.Number(index / 32) >> (index % 32) & 1, 256));
            }
        }
    }

    /// <summary>The numbers in a line behind its name, each perhaps with a word in parentheses; empty for none.</summary>
    private static string Bits(string line) =>
        string.Join(' ', BitPattern().Matches(line).Select(match => match.Groups[1].Value));

    private static string Bits(Func<int, ulong> bit, int count) =>
        string.Join(' ', Enumerable.Range(0, count).Where(index => bit(index) != 0).Select(index => index.ToString(CultureInfo.InvariantCulture)));

    private static string LineOf(string printed, string start) =>
        printed.Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal)).TrimEnd('\r');

    private static ulong Hex(Match match, int group = 1) =>
        match.Success ? Convert.ToUInt64(match.Groups[group].Value, 16) : throw new InvalidDataException("QEMU does not print it");

    private static ulong Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToUInt64(text, 16) : ulong.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"ioapic0: ver=0x20 id=0x([0-9a-f]+) sel=0x([0-9a-f]+)")]
    private static partial Regex IoapicPattern();

    [GeneratedRegex(@"(?<=\s)(\d+)(\([a-z]+\))?(?=\s|$)")]
    private static partial Regex BitPattern();
}
