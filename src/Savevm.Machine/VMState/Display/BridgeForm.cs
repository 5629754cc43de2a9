using System.Globalization;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>
/// The addresses that a PCI bridge forwards. A window is whole blocks, of which the header has the upper bits of the first and the last
/// address; one that ends before it begins is closed.
/// </summary>
internal static class BridgeForm
{
    // Of a register: which bits are address, how far up they belong, and its upper half, if there is one. Of a block: its size.
    private static readonly (string Field, string Name, ulong Mask, int Shift, int UpperShift, int BlockBits)[] Windows =
    [
        ("io", "I/O", 0xf0, 8, 16, 12),
        ("memory", "memory", 0xfff0, 16, 0, 20),
        ("prefetch", "prefetchable memory", 0xfff0, 16, 32, 20),
    ];

    internal static void Write(DecodedNode config, DisplayWriter writer)
    {
        foreach ((string field, string name, ulong mask, int shift, int upperShift, int blockBits) in Windows)
        {
            if (config.Find($"{field}_base") is not { } node)
                continue;
            ulong first = Address($"{field}_base");
            ulong last = Address($"{field}_limit") | ((1UL << blockBits) - 1);
            string text = first > last ? "closed" : string.Create(CultureInfo.InvariantCulture, $"0x{first:x} to 0x{last:x}");
            writer.Add($"window[{field}]", node, $"{name} {text}");

            ulong Address(string register)
            {
                ulong low = DisplayWriter.Number(config.Find(register)) ?? 0;
                bool hasUpper = upperShift > 0 && (low & 0xf) == 1;
                ulong upper = hasUpper ? DisplayWriter.Number(config.Find($"{register}_upper")) ?? 0 : 0;
                return (low & mask) << shift | upper << upperShift;
            }
        }
    }
}
