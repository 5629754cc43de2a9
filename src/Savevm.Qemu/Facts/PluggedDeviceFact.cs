using System.Text.Json.Nodes;

namespace Savevm.Qemu.Facts;

/// <summary>A device of a live QEMU that somebody asked for: by an option, or while it ran. What the board brings along is not among them.</summary>
/// <param name="Path">Its place among QEMU's objects, such as <c>/machine/peripheral/net0</c>.</param>
/// <param name="Id">Its id; null where it was given none.</param>
/// <param name="Type">Its device model, never an alias: <c>virtio-net-pci</c>.</param>
/// <param name="IsHotPlugged">It came after the machine was there: no option of the command line made it.</param>
public sealed record PluggedDeviceFact(string Path, string? Id, string Type, bool IsHotPlugged)
{
    /// <summary>The name of the bus that it sits on; null for one that has none, such as a memory module.</summary>
    public string? Bus { get; init; }

    /// <summary>The object that has that bus, by its path; null without a bus.</summary>
    public string? BusOwner { get; init; }

    /// <summary>
    /// What its options would have to say so that it came out as it is: properties whose value is not the model's own. Only asked of devices
    /// that no option made; empty otherwise.
    /// </summary>
    public IReadOnlyDictionary<string, JsonNode> Properties { get; init; } = new Dictionary<string, JsonNode>();

    /// <summary>The number of a device without id, in the order in which such devices were made; null for one with an id.</summary>
    public int? AnonymousNumber => Id is null && Path.LastIndexOf('[') is >= 0 and var open && int.TryParse(Path.AsSpan(open + 1).TrimEnd(']'), out int number)
        ? number
        : null;

    /// <summary>What a person would call it.</summary>
    public string Name => Id ?? Type;
}
