using System.Globalization;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>The header of a PCI configuration space.</summary>
internal static class PciForm
{
    private const int HeaderBytes = 0x40;
    private const int Bars = 6;

    private static readonly (int Bit, string Name)[] Command =
    [
        (0, "I/O"), (1, "memory"), (2, "bus-master"), (3, "special-cycles"), (4, "invalidate"), (5, "VGA-snoop"), (6, "parity"),
        (8, "SERR"), (9, "fast-back-to-back"), (10, "INTx-disabled"),
    ];

    private static readonly string[] Classes =
    [
        "unclassified", "storage", "network", "display", "multimedia", "memory", "bridge", "communication", "system", "input",
        "docking station", "processor", "serial bus", "wireless", "intelligent", "satellite", "encryption", "signal processing",
    ];

    private static readonly Dictionary<int, string> Capabilities = new()
    {
        [0x01] = "power management",
        [0x05] = "MSI",
        [0x09] = "vendor",
        [0x0c] = "hot plug",
        [0x0d] = "bridge subsystem",
        [0x10] = "PCI Express",
        [0x11] = "MSI-X",
        [0x12] = "SATA",
        [0x13] = "advanced features",
    };

    internal static void Write(DecodedNode config, DisplayWriter writer)
    {
        if (Number(config, "vendor_id") is not { } vendor || Number(config, "device_id") is not { } device || Number(config, "class") is not { } kind)
            return;
        ulong revision = Number(config, "revision_id") ?? 0;
        ulong interfaceByte = Number(config, "prog_if") ?? 0;
        int baseClass = (int)(kind >> 8);
        string className = baseClass < Classes.Length ? $" ({Classes[baseClass]})" : "";
        writer.Add("id", config, $"{vendor:x4}:{device:x4}, class {kind:x4}.{interfaceByte:x2}{className}, revision {revision:x2}");
        if (config.Find("command") is { } command && DisplayWriter.Number(command) is { } bits)
            writer.Add("command", command, $"0x{bits:x4} {DisplayWriter.Bits(bits, Command)}".TrimEnd());
        WriteBars(config, writer);
        if (config.Find("rom_bar") is { } rom && DisplayWriter.Number(rom) is > 0 and { } place)
            writer.Add("rom", rom, $"memory 0x{place & ~0x7ffUL:x8}, {((place & 1) != 0 ? "enabled" : "disabled")}");
        if (Number(config, "secondary_bus") is { } secondary)
        {
            writer.Add("buses", config, string.Create(
                CultureInfo.InvariantCulture,
                $"primary {Number(config, "primary_bus")}, secondary {secondary}, subordinate {Number(config, "subordinate_bus")}"));
            BridgeForm.Write(config, writer);
        }
        if (Number(config, "interrupt_pin") is > 0 and < 5 and { } pin)
        {
            writer.Add("interrupt", config, string.Create(
                CultureInfo.InvariantCulture, $"pin {(char)('A' + (int)pin - 1)}, line {Number(config, "interrupt_line")}"));
        }
        if (CapabilityText(config) is { Length: > 0 } capabilities)
            writer.Add("capabilities", config, capabilities);
    }

    private static void WriteBars(DecodedNode config, DisplayWriter writer)
    {
        if (config.Find("bar") is not { } bars)
            return;
        for (int i = 0; i < Math.Min(Bars, bars.Value.Count); i++)
        {
            ulong low = bars.Value.AsUnsigned(i);
            string name = string.Create(CultureInfo.InvariantCulture, $"bar[{i}]");
            if ((low & 1) != 0)
            {
                writer.Add(name, bars, $"I/O 0x{low & ~3UL:x4}");
                continue;
            }
            bool isLong = (low & 6) == 4 && i + 1 < bars.Value.Count;
            ulong address = low & ~0xfUL;
            if (isLong)
                address |= bars.Value.AsUnsigned(++i) << 32;
            if (address != 0 || low != 0)
                writer.Add(name, bars, $"memory 0x{address:x8}{(isLong ? ", 64 bits" : "")}{((low & 8) != 0 ? ", prefetchable" : "")}");
        }
    }

    /// <summary>The list of capabilities as far as it goes; it may go round in a circle.</summary>
    private static string CapabilityText(DecodedNode config)
    {
        if (config.Find("capabilities") is not { } space || Number(config, "capabilities_pointer") is not { } first)
            return "";
        var found = new List<string>();
        ReadOnlySpan<byte> bytes = space.Raw.Span;
        int at = (int)first & ~3;
        while (at >= HeaderBytes && at + 1 - HeaderBytes < bytes.Length && found.Count < HeaderBytes)
        {
            int id = bytes[at - HeaderBytes];
            found.Add($"{Capabilities.GetValueOrDefault(id, $"0x{id:x2}")} at 0x{at:x2}");
            at = bytes[at + 1 - HeaderBytes] & ~3;
        }
        return string.Join(", ", found);
    }

    private static ulong? Number(DecodedNode config, string name) => DisplayWriter.Number(config.Find(name));
}
