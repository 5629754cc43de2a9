using System.Globalization;
using System.Text.RegularExpressions;

namespace Savevm.Qemu.Destination;

/// <summary>Why a QEMU did not take the state that it was sent, as far as its error lines tell.</summary>
/// <remarks>
/// Releases up to 10.1 say it in several lines, from the inside out; newer ones in one, from the outside in:
/// <code>
/// get_pci_config_device: Bad config data: i=0x9a read: 3 device: 1 …
/// Failed to load PCIDevice:config
/// Failed to load virtio-net:virtio
/// error while loading state for instance 0x0 of device '0000:00:04.0/virtio-net'
/// load of migration failed: Invalid argument
///
/// load of migration failed: Invalid argument: error while loading state for instance 0x0 of device '0000:00:04.0/virtio-net':
/// Failed to load element of type virtio for virtio: -22
/// </code>
/// </remarks>
public sealed partial record LoadRefusal
{
    /// <summary>The line that tells most, in QEMU's words.</summary>
    public required string Line { get; init; }

    /// <summary>What it means, a sentence fragment; null where there is no more to say than the line does.</summary>
    public string? Meaning { get; init; }

    /// <summary>What to do; null where nobody knows.</summary>
    public string? Hint { get; init; }

    /// <summary>The idstr of the section that it could not load; null where it was none, or is not told.</summary>
    public string? Section { get; init; }

    /// <summary>Number among sections of that name.</summary>
    public uint InstanceId { get; init; }

    /// <summary>The field that it could not load, innermost first, each with the description that it belongs to (null where that is not told).</summary>
    public IReadOnlyList<(string? Description, string Name)> Fields { get; init; } = [];

    /// <summary>The byte within the innermost field; null where it is not told.</summary>
    public int? ByteOfField { get; init; }

    /// <summary>Reads what a QEMU said before it ended.</summary>
    /// <param name="lines">Its error lines in order, without its own name in front.</param>
    /// <returns>Null where they say nothing about a state.</returns>
    public static LoadRefusal? Read(IReadOnlyList<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        string text = string.Join('\n', lines);
        var device = Device().Match(text);
        var fields = FailedFields(text);
        LoadRefusal? refusal = null;
        foreach (var row in LoadRefusalTable.Rows)
        {
            if (row.Pattern.Match(text) is { Success: true } match)
            {
                refusal = row.Explain(match) with { Line = LineOf(text, match.Index) };
                break;
            }
        }

        if (refusal is null)
        {
            if (!text.Contains("load of migration failed", StringComparison.Ordinal))
            {
                return null;
            }

            // The last line says no more than that it failed; the one before it, where there is one, says of what.
            refusal = new LoadRefusal { Line = lines.LastOrDefault(line => !line.EndsWith(": Invalid argument", StringComparison.Ordinal)) ?? lines[^1] };
        }

        return refusal with
        {
            Section = refusal.Section ?? (device.Success ? device.Groups["name"].Value : null),
            InstanceId = refusal.Section is null && device.Success ? uint.Parse(device.Groups["number"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : refusal.InstanceId,
            Fields = fields,
        };
    }

    private static (string? Description, string Name)[] FailedFields(string text)
    {
        (string?, string)[] outwards = [.. FailedField().Matches(text).Select(match => ((string?)match.Groups["description"].Value, match.Groups["field"].Value))];
        return outwards.Length > 0
            ? outwards
            : [.. FailedElement().Matches(text).Select(match => ((string?)null, match.Groups["field"].Value)).Reverse()];
    }

    private static string LineOf(string text, int index)
    {
        int begin = index == 0 ? 0 : text.LastIndexOf('\n', index - 1) + 1, end = text.IndexOf('\n', index);
        return end < 0 ? text[begin..] : text[begin..end];
    }

    [GeneratedRegex(@"error while loading state for instance 0x(?<number>[0-9a-f]{1,8}) of device '(?<name>[^'\n]*)'")]
    private static partial Regex Device();

    [GeneratedRegex(@"^Failed to load (?!element of )(?<description>[^:\n]+):(?<field>[^:\s]+)\s*$", RegexOptions.Multiline)]
    private static partial Regex FailedField();

    [GeneratedRegex(@"Failed to load element of type [^:\n]*? for (?<field>[^:\s]+)")]
    private static partial Regex FailedElement();
}
