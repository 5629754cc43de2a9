using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>Collects lines below the path of one node.</summary>
internal sealed class DisplayWriter(string path, List<DisplayLine> lines)
{
    /// <summary>A line about the node itself.</summary>
    internal void AddSelf(DecodedNode node, string text) => lines.Add(new DisplayLine(path, text, node.BodyOffset));

    /// <summary>A line about something in the node, by our name for it.</summary>
    internal void Add(string name, DecodedNode node, string text) =>
        lines.Add(new DisplayLine(path.Length == 0 ? name : $"{path}/{name}", text, node.BodyOffset));

    /// <summary>A number below a node; null when it is not there, or is none.</summary>
    internal static ulong? Number(DecodedNode? node, int index = 0)
    {
        if (node is null || index < 0 || index >= node.Value.Count || node.Value.ElementBytes is not (1 or 2 or 4 or 8))
            return null;
        return node.Value.AsUnsigned(index);
    }

    /// <summary>The names of the bits that are set, lowest first; what has no name is added as a number.</summary>
    internal static string Bits(ulong value, ReadOnlySpan<(int Bit, string Name)> names)
    {
        var set = new List<string>();
        ulong rest = value;
        foreach ((int bit, string name) in names)
        {
            if ((value >> bit & 1) == 0)
                continue;
            set.Add(name);
            rest &= ~(1UL << bit);
        }
        if (rest != 0)
            set.Add($"0x{rest:x}");
        return string.Join(' ', set);
    }
}
