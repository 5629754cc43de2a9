using System.Text;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>A file of <c>-readconfig</c>: groups of properties, each of which stands for one option.</summary>
/// <remarks>
/// <code>
/// [device "net0"]
///   driver = "virtio-net-pci"
///   netdev = "n0"
/// </code>
/// is <c>-device id=net0,driver=virtio-net-pci,netdev=n0</c>.
/// </remarks>
internal static class ConfigurationFile
{
    private const int MaximumBytes = 1 << 20;

    /// <summary>The text of a file.</summary>
    /// <exception cref="InvalidDataException">It is no regular file, or larger than a configuration is.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string ReadText(string path)
    {
        // A pipe or a descriptor of QEMU's own would block, or be another one here.
        if (path.StartsWith("/dev/", StringComparison.Ordinal) || !File.Exists(path))
        {
            throw new InvalidDataException("it is not there any more");
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (stream.Length > MaximumBytes)
        {
            throw new InvalidDataException(FormattableString.Invariant($"it has more than {MaximumBytes} bytes"));
        }

        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The options that the text stands for.</summary>
    /// <exception cref="InvalidDataException">It is not of that form.</exception>
    public static IReadOnlyList<QemuOption> Parse(string text)
    {
        var options = new List<QemuOption>();
        string? group = null;
        var properties = new List<string>();
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[')
            {
                Close(group, properties, options);
                group = Open(line, properties);
            }
            else if (group is null)
            {
                throw new InvalidDataException($"the line {line} belongs to no group");
            }
            else
            {
                properties.Add(Property(line));
            }
        }

        Close(group, properties, options);
        return options;
    }

    private static void Close(string? group, List<string> properties, List<QemuOption> options)
    {
        if (group is not null)
        {
            options.Add(new QemuOption(OptionName(group), string.Join(',', properties)));
            properties.Clear();
        }
    }

    private static string Open(string line, List<string> properties)
    {
        int end = line.LastIndexOf(']');
        string content = end < 0 ? throw new InvalidDataException($"the line {line} does not end") : line[1..end].Trim();
        int quote = content.IndexOf('"', StringComparison.Ordinal);
        if (quote >= 0)
        {
            properties.Add("id=" + OptionValue.Escape(content[(quote + 1)..].TrimEnd('"')));
            content = content[..quote].Trim();
        }

        // Without a name it would be taken for an argument without an option: the image of a disk.
        return content.Length > 0 ? content : throw new InvalidDataException($"the line {line} names no group");
    }

    private static string Property(string line)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        string value = equals < 0 ? string.Empty : line[(equals + 1)..].Trim();
        return equals > 0 && value.Length >= 2 && value[0] == '"' && value[^1] == '"'
            ? $"{line[..equals].Trim()}={OptionValue.Escape(value[1..^1])}"
            : throw new InvalidDataException($"the line {line} gives no property a value");
    }

    // Groups whose name is not that of their option.
    private static string OptionName(string group) => group switch
    {
        "memory" => "m",
        "smp-opts" => "smp",
        "boot-opts" => "boot",
        "acpi" => "acpitable",
        _ => group,
    };
}
