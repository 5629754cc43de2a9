using System.Globalization;
using System.Text;

namespace Savevm.Cli.Output;

/// <summary>A device's state as text: what people know by other names first, then every field.</summary>
public static class DeviceText
{
    private const int LongestArray = 16;
    private const int LongestBytes = 32;

    /// <summary>The text, with a line's end at its end.</summary>
    public static string Of(InspectedDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.Append(culture, $"{device.Name} {device.InstanceId}, version {device.VersionId}, {device.Bytes} bytes");
        text.Append(device.IsFromCatalogue ? ", described by others" : "");
        text.Append(device.Offset is { } offset ? string.Create(culture, $" at 0x{offset:x}\n") : "\n");
        int width = device.Lines.Select(line => line.Path.Length).DefaultIfEmpty().Max();
        foreach ((string path, string line) in device.Lines)
        {
            text.Append(culture, $"  {path.PadRight(width)}  {line}\n");
        }

        foreach (InspectedField field in device.Fields)
        {
            Append(text, field, 1);
        }

        if (!device.Raw.IsEmpty)
        {
            text.Append(culture, $"  not described: {Shorten(device.Raw.Span)}\n");
        }

        foreach (InspectedDefect defect in device.Defects)
        {
            text.Append(culture, $"  defect: {DefectText.Of(defect)}\n");
        }

        return text.ToString();
    }

    /// <summary>A value on one line, its middle left out where it is long.</summary>
    public static string Of(InspectedValue value)
    {
        if (value.Kind == InspectedValueKind.Bytes)
        {
            return Shorten(value.Bytes.Span);
        }

        int count = Math.Min(value.Count, LongestArray);
        string text = string.Join(' ', Enumerable.Range(0, count).Select(value.Text));
        return count < value.Count ? string.Create(CultureInfo.InvariantCulture, $"{text} ... ({value.Count})") : text;
    }

    private static void Append(StringBuilder text, InspectedField field, int depth)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        text.Append(' ', 2 * depth).Append(field.Name);
        if (field.Version is { } version)
        {
            text.Append(culture, $" (version {version})");
        }

        string value = Of(field.Value);
        text.Append(value.Length > 0 ? $" = {value}\n" : "\n");
        foreach (InspectedField inner in field.Fields)
        {
            Append(text, inner, depth + 1);
        }
    }

    private static string Shorten(ReadOnlySpan<byte> bytes) => bytes.Length <= LongestBytes
        ? Convert.ToHexStringLower(bytes)
        : string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(bytes[..LongestBytes])}... ({bytes.Length} bytes)");
}
