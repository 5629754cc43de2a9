using System.Globalization;
using System.Text;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.Tests.VMState;

/// <summary>A tree as lines of text, so that two can be compared and a failure can be read.</summary>
internal static class TreeText
{
    internal static string Of(DecodedDevice device) => Of(device.Root);

    internal static string Of(DecodedNode node)
    {
        var text = new StringBuilder();
        Write(text, node, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, DecodedNode node, int depth)
    {
        text.Append(' ', depth * 2).Append(CultureInfo.InvariantCulture, $"{node.Label} {node.Kind} [{node.Type}] @{node.BodyOffset}+{node.Bytes}");
        if (node.VmsdName.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $" {node.VmsdName} v{node.Version}");
        if (node.Value.Kind != ValueKind.None)
        {
            text.Append(CultureInfo.InvariantCulture, $" {node.Value.Kind}:");
            for (int i = 0; i < Math.Min(node.Value.Count, 8); i++)
                text.Append(' ').Append(node.Value.ToText(i));
        }
        text.Append('\n');
        foreach (DecodedNode child in node.Children)
            Write(text, child, depth + 1);
    }
}
