using System.Globalization;

namespace Savevm.Qemu.Facts;

/// <summary>
/// Reads what <c>info qtree</c> prints: all buses and devices of a machine with their properties, in one answer of a millisecond, where
/// QMP would take a question for each property. A line that is not understood is passed over.
/// </summary>
/// <remarks>
/// <code>
/// bus: main-system-bus
///   type System
///   dev: i440FX-pcihost, id ""
///     pci-hole64-size = 2147483648 (2 GiB)
///     bus: pci.0
///       type PCI
///       dev: virtio-net-pci, id "net0"
///         romfile = "efi-virtio.rom"
///         class Ethernet controller, addr 00:06.0, pci id 1af4:1000 (sub 1af4:0001)
/// </code>
/// The devices of a bus are listed from the newest to the oldest.
/// </remarks>
internal static class DeviceTreeText
{
    private const int MaximumDeviceCount = 16384;

    private sealed class Node(string type, string? id, BusLine bus)
    {
        public string Type => type;

        public string? Id => id;

        public BusLine Bus => bus;

        public Dictionary<string, string> Properties { get; } = new(StringComparer.Ordinal);

        public string? PciIdentity { get; set; }

        public PlacedDeviceFact? Fact { get; set; }
    }

    private sealed class BusLine(string name, Node? owner)
    {
        public string Name => name;

        public Node? Owner => owner;

        public string Type { get; set; } = string.Empty;
    }

    private readonly record struct Level(int Indent, BusLine? Bus, Node? Device);

    /// <summary>The devices in the order of the text; an owner stands before what is on its buses.</summary>
    public static IReadOnlyList<PlacedDeviceFact> Parse(string text)
    {
        var nodes = new List<Node>();
        var levels = new Stack<Level>();
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range).TrimEnd('\r');
            var content = line.TrimStart(' ');
            int indent = line.Length - content.Length;
            while (levels.Count > 0 && levels.Peek().Indent >= indent)
            {
                levels.Pop();
            }

            Take(content, indent, levels, nodes);
            if (nodes.Count == MaximumDeviceCount)
            {
                break;
            }
        }

        return [.. nodes.Select(Fact)];
    }

    private static void Take(ReadOnlySpan<char> content, int indent, Stack<Level> levels, List<Node> nodes)
    {
        var top = levels.Count > 0 ? levels.Peek() : default;
        if (content.StartsWith("bus: "))
        {
            levels.Push(new Level(indent, new BusLine(content[5..].ToString(), top.Device), null));
        }
        else if (content.StartsWith("dev: ") && top.Bus is { } bus)
        {
            int comma = content.IndexOf(", id \"");
            var type = comma < 0 ? content[5..] : content[5..comma];
            var id = comma < 0 ? [] : content[(comma + 6)..].TrimEnd('"');
            var node = new Node(type.ToString(), id.IsEmpty ? null : id.ToString(), bus);
            nodes.Add(node);
            levels.Push(new Level(indent, null, node));
        }
        else if (top.Bus is { } owner && content.StartsWith("type "))
        {
            owner.Type = content[5..].ToString();
        }
        else if (top.Device is { } device)
        {
            TakeProperty(content, device);
        }
    }

    private static void TakeProperty(ReadOnlySpan<char> content, Node device)
    {
        if (content.StartsWith("class ") && content.IndexOf(", pci id ") is > 0 and var identity)
        {
            device.PciIdentity = content[(identity + 9)..].ToString();
        }
        else if (content.StartsWith("addr ") && content.IndexOf(", port ") is > 0 and var port)
        {
            // A USB device says on which port it is, whether or not it was told to.
            var rest = content[(port + 7)..];
            device.Properties["port"] = (rest.IndexOf(',') is > 0 and var end ? rest[..end] : rest).ToString();
        }
        else if (content.IndexOf(" = ") is > 0 and var equals)
        {
            device.Properties.TryAdd(content[..equals].ToString(), Value(content[(equals + 3)..]));
        }
    }

    // "x" | 4 (0x4) | 512 (512 B) | true | <null> | 06.0
    private static string Value(ReadOnlySpan<char> text)
    {
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
        {
            return text[1..^1].ToString();
        }

        int open = text.IndexOf(" (");
        return open > 0 ? text[..open].ToString() : text is "<null>" ? string.Empty : text.ToString();
    }

    private static PlacedDeviceFact Fact(Node node)
    {
        var parent = node.Bus.Owner?.Fact;
        var fact = new PlacedDeviceFact
        {
            Type = node.Type,
            Id = node.Id,
            Bus = node.Bus.Name,
            BusType = node.Bus.Type,
            Parent = parent,
            Properties = node.Properties,
            PciIdentity = node.PciIdentity,
        };
        node.Fact = fact with { Place = PlaceOf(fact, parent) };
        return node.Fact;
    }

    private static string? PlaceOf(PlacedDeviceFact device, PlacedDeviceFact? parent)
    {
        string? outer = parent is { IsPci: true } or { Place: not null } ? parent.Place : device.Bus;
        string? inner = device.BusType switch
        {
            "PCI" or "PCIE" or "CXL" => Part(device, "addr"),
            "SCSI" => Part(device, "channel") is { } channel ? $"scsi {channel}:{Part(device, "scsi-id")}:{Part(device, "lun")}" : null,
            "usb-bus" => Part(device, "port") is { } port ? $"usb {port}" : null,
            "IDE" => Part(device, "unit") is { } unit ? FormattableString.Invariant($"ide {BusNumber(device.Bus)}:{unit}") : null,
            "virtio-serial-bus" => Part(device, "nr") is { } number ? $"port {number}" : null,
            "HDA" => Part(device, "cad") is { } codec ? $"codec {codec}" : null,
            "virtio-pci-bus" or "virtio-bus" => "virtio",
            _ => null,
        };
        return inner is null || outer is null ? null : $"{outer}/{inner}";
    }

    private static string? Part(PlacedDeviceFact device, string property) => device.Properties.GetValueOrDefault(property) is { Length: > 0 } text ? text : null;

    private static int BusNumber(string bus) =>
        int.TryParse(bus.AsSpan(bus.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
