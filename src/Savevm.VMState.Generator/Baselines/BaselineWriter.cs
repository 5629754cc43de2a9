using System.Globalization;
using System.Text;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>Writes devices as a baseline tells them: a line each field, so that a change is a change of few lines.</summary>
internal static class BaselineWriter
{
    internal const string FirstLine = "vmstate 1";

    /// <summary>The lines of a device, without an end of line behind the last.</summary>
    internal static string Write(DeviceShape device)
    {
        var text = new StringBuilder();
        text.Append("device ").Append(Quote(device.Name)).Append(' ').Append(device.Type);
        AddSection(text, device.Section, 1);
        return text.ToString();
    }

    /// <summary>A name in quotes: quotes and backslashes in it have a backslash before them.</summary>
    internal static string Quote(string name) => $"\"{name.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    private static void AddSection(StringBuilder text, SectionShape section, int depth)
    {
        text.Append(" version ").Append(Number(section.Version)).Append(" minimum ").Append(Number(section.MinimumVersion));
        if (section.Needed is not null)
            text.Append(" needed ").Append(section.Needed);
        foreach (FieldShape field in section.Fields)
        {
            text.Append('\n').Append(' ', 2 * depth).Append(Quote(field.Name)).Append(' ').Append(field.Form);
            if (field.Since > 0)
                text.Append(" since ").Append(Number(field.Since));
            if (field.When is not null)
                text.Append(" when ").Append(field.When);
        }
        foreach (SectionShape subsection in section.Subsections)
        {
            text.Append('\n').Append(' ', 2 * depth).Append("subsection ").Append(Quote(subsection.Name));
            AddSection(text, subsection, depth + 1);
        }
    }

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
