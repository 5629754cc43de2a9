using System.Globalization;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>When a timer expires.</summary>
internal static class TimerForm
{
    internal static void Write(DecodedNode node, DisplayWriter writer)
    {
        var times = new string[node.Value.Count];
        for (int i = 0; i < times.Length; i++)
            times[i] = ToText(node.Value.AsSigned(i));
        if (times.Length > 0)
            writer.AddSelf(node, string.Join(", ", times));
    }

    private static string ToText(long time) => time == -1 ? "not armed" : string.Create(CultureInfo.InvariantCulture, $"expires at {time} ns");
}
