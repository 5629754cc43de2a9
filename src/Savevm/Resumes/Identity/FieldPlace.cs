using System.Text.Json;

namespace Savevm.Resumes.Identity;

/// <summary>Where a field stands in a device section, found by QEMU's own description of the section.</summary>
/// <param name="Path">Its name with the structures around it: <c>parent_obj.config</c>.</param>
/// <param name="Offset">Its first byte, counted from the section's first.</param>
internal sealed record FieldPlace(string Path, long Offset)
{
    private const int MaximumDepth = 64;

    // Mark, length of the name, version: what a subsection has besides its name and fields.
    private const int SubsectionOverhead = 6;

    /// <summary>Finds it.</summary>
    /// <param name="description">The JSON description of the snapshot.</param>
    /// <param name="section">The idstr of the section.</param>
    /// <param name="instanceId">Number among sections of that name.</param>
    /// <param name="fields">The field, innermost first, as QEMU names it: each with the description that it belongs to.</param>
    /// <returns>Null where the description does not tell.</returns>
    public static FieldPlace? Find(ReadOnlyMemory<byte> description, string section, uint instanceId, IReadOnlyList<(string? Description, string Name)> fields)
    {
        if (description.IsEmpty || fields.Count == 0) return null;
        try
        {
            using var document = JsonDocument.Parse(description, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            if (!document.RootElement.TryGetProperty("devices", out var devices) || devices.ValueKind != JsonValueKind.Array) return null;
            foreach (var device in devices.EnumerateArray())
            {
                if (Text(device, "name") == section && (Number(device, "instance_id") ?? 0) == instanceId)
                    return Within(device, fields, "", 0) ?? Opaque(device, fields);
            }
            return null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // A description is for people; without it the section alone is named.
            return null;
        }
    }

    private static FieldPlace? Within(JsonElement structure, IReadOnlyList<(string? Description, string Name)> fields, string path, long offset)
    {
        var own = Text(structure, "vmsd_name");
        foreach (var field in Items(structure, "fields"))
        {
            var name = Text(field, "name") ?? "";
            var size = Number(field, "size") ?? 0;
            if (Matches(fields[0], own, name)) return new FieldPlace(path + name, offset);
            if (field.TryGetProperty("struct", out var inner) && inner.ValueKind == JsonValueKind.Object && Within(inner, fields, $"{path}{name}.", offset) is { } found) return found;
            offset += size * (Number(field, "array_len") ?? 1);
        }
        foreach (var subsection in Items(structure, "subsections"))
        {
            var name = Text(subsection, "vmsd_name") ?? "";
            if (Within(subsection, fields, $"{path}{name[(name.LastIndexOf('/') + 1)..]}.", offset + SubsectionOverhead + name.Length) is { } found) return found;
            offset += SubsectionOverhead + name.Length + Length(subsection);
        }
        return null;
    }

    // A virtio device hides its inside from the description; on PCI it begins with the version and the configuration of the PCI device.
    private static FieldPlace? Opaque(JsonElement device, IReadOnlyList<(string? Description, string Name)> fields)
    {
        const int VersionBytes = 4;
        return fields.Count > 1 && fields[0] is { Description: "PCIDevice", Name: "config" } && Within(device, [.. fields.Skip(1)], "", 0) is { } outer
            ? new FieldPlace($"{outer.Path}.config", outer.Offset + VersionBytes)
            : null;
    }

    // The description writes config[0] for config, and numbers the elements of arrays.
    private static bool Matches((string? Description, string Name) wanted, string? description, string name) =>
        (wanted.Description is null || wanted.Description == description) && (name == wanted.Name || name.StartsWith(wanted.Name + "[", StringComparison.Ordinal));

    private static long Length(JsonElement structure) =>
        Items(structure, "fields").Sum(field => (Number(field, "size") ?? 0) * (Number(field, "array_len") ?? 1))
        + Items(structure, "subsections").Sum(inner => SubsectionOverhead + (Text(inner, "vmsd_name") ?? "").Length + Length(inner));

    private static IEnumerable<JsonElement> Items(JsonElement structure, string name) =>
        structure.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object) : [];

    private static string? Text(JsonElement structure, string name) =>
        structure.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement structure, string name) =>
        structure.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
