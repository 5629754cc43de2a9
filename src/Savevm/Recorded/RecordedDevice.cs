using System.Text.Json.Nodes;
using Savevm.Qemu.Facts;

namespace Savevm.Recorded;

/// <summary>A device of the captured machine; an entry of <c>machine.devices</c> in docs/snapshot-format.md.</summary>
internal sealed record RecordedDevice
{
    /// <summary>The device model.</summary>
    public required string Type { get; init; }

    /// <summary>Its id; null where it had none.</summary>
    public string? Id { get; init; }

    /// <summary>Where its guest sees it, such as <c>pci.0/04.0</c>; null where the bus gives no places.</summary>
    public string? Place { get; init; }

    /// <summary>The name of its bus; null for one that sits on none.</summary>
    public string? Bus { get; init; }

    /// <summary>Vendor, device and subsystem of a PCI device; null otherwise.</summary>
    public string? PciIdentity { get; init; }

    /// <summary>Somebody asked for it: it is not the board's own.</summary>
    public bool IsPlugged { get; init; }

    /// <summary>The file that its ROM was loaded from, as QEMU names it; null for none.</summary>
    public string? Rom { get; init; }

    /// <summary>The size of its ROM.</summary>
    public long? RomBytes { get; init; }

    /// <summary>What a person would call it.</summary>
    public string Name => Id is null ? Type : $"{Id} ({Type})";

    /// <summary>The last part of its place, as an option would say it: <c>04.0</c>; null where it has none.</summary>
    public string? Address => Place is null ? null : Place[(Place.LastIndexOf('/') + 1)..];

    public static IReadOnlyList<RecordedDevice> From(MachinePartsFact parts)
    {
        var places = parts.PlacesOfDevices();
        var plugged = places.Values.ToHashSet(ReferenceEqualityComparer.Instance);
        return
        [
            .. parts.Places.Select(place => From(place, plugged.Contains(place))),
            .. parts.Devices.Where(device => !places.ContainsKey(device.Path)).Select(device => new RecordedDevice { Type = device.Type, Id = device.Id, IsPlugged = true }),
        ];
    }

    public static IReadOnlyList<RecordedDevice> Parse(JsonObject machine) =>
        machine.TryGetPropertyValue("devices", out var node) && node is JsonArray array ? [.. array.OfType<JsonObject>().Select(ParseOne)] : [];

    public static JsonArray ToJson(IEnumerable<RecordedDevice> devices)
    {
        var array = new JsonArray();
        foreach (var device in devices) array.Add((JsonNode)device.ToJson());
        return array;
    }

    private static RecordedDevice From(PlacedDeviceFact place, bool isPlugged)
    {
        var hasRom = place.Properties.TryGetValue("romfile", out var rom) && rom.Length > 0;
        return new RecordedDevice
        {
            Type = place.Type,
            Id = place.Id,
            Place = place.Place,
            Bus = place.Bus,
            PciIdentity = place.PciIdentity,
            IsPlugged = isPlugged,
            Rom = hasRom ? rom : null,
            // A size of all ones is none.
            RomBytes = hasRom && long.TryParse(place.Properties.GetValueOrDefault("romsize"), out var bytes) && bytes is > 0 and < uint.MaxValue ? bytes : null,
        };
    }

    private static RecordedDevice ParseOne(JsonObject json) => new()
    {
        Type = RecordedJson.Text(json, "type") ?? "",
        Id = RecordedJson.Text(json, "id"),
        Place = RecordedJson.Text(json, "place"),
        Bus = RecordedJson.Text(json, "bus"),
        PciIdentity = RecordedJson.Text(json, "pci"),
        IsPlugged = RecordedJson.Flag(json, "plugged"),
        Rom = RecordedJson.Text(json, "rom"),
        RomBytes = RecordedJson.Number(json, "rom_bytes"),
    };

    private JsonObject ToJson()
    {
        var json = new JsonObject { ["type"] = Type };
        if (Id is not null) json["id"] = Id;
        if (Place is not null) json["place"] = Place;
        if (Bus is not null) json["bus"] = Bus;
        if (PciIdentity is not null) json["pci"] = PciIdentity;
        if (IsPlugged) json["plugged"] = true;
        if (Rom is not null) json["rom"] = Rom;
        if (RomBytes is { } bytes) json["rom_bytes"] = bytes;
        return json;
    }
}
