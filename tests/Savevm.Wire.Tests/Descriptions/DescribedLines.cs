using System.Text;
using Savevm.Wire.Descriptions;

namespace Savevm.Wire.Tests.Descriptions;

/// <summary>What the real reader found, in the same lines as <see cref="SlowDescription"/>.</summary>
internal static class DescribedLines
{
    internal static List<string> Of(VMDescription description)
    {
        var lines = new List<string>();
        if (description.Configuration is { } configuration)
            Walk(configuration, "configuration", lines);
        foreach (DescribedDevice device in description.Devices)
        {
            string name = $"{device.IdStr}#{device.InstanceId}";
            lines.Add($"device {name} {device.BodyBytes}");
            Walk(device.Body, name, lines);
        }
        return lines;
    }

    private static void Walk(DescribedStruct structure, string path, List<string> lines)
    {
        foreach (DescribedField field in structure.Fields)
        {
            string name = $"{path}.{field.Name}";
            var line = new StringBuilder($"{name} {field.Type} {field.Size}");
            if (field.ArrayLength is { } length)
                line.Append($" x{length}");
            if (field.Index is { } index)
                line.Append($" [{index}]");
            lines.Add(line.Append($" at {At(field.BodyOffset)}").ToString());
            int number = 0;
            foreach (DescribedStruct nested in field.Structs)
                Walk(nested, $"{name}{{{number++}}}", lines);
        }
        foreach (DescribedStruct subsection in structure.Subsections)
        {
            Assert.True(subsection.IsSubsection);
            lines.Add($"{path} subsection {subsection.VmsdName} v{subsection.Version} {subsection.Bytes} at {At(subsection.BodyOffset)}");
            Walk(subsection, subsection.VmsdName, lines);
        }
    }

    private static string At(int? offset) => offset?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nowhere";
}
