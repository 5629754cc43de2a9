using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.Resumes.Identity;

/// <summary>Where a field stands in a device section, found by QEMU's own description of the section.</summary>
/// <param name="Path">Its name with the structures around it: <c>parent_obj.config[0]</c>.</param>
/// <param name="Offset">Its first byte, counted from the section's first.</param>
internal sealed record FieldPlace(string Path, long Offset)
{
    /// <summary>Finds it.</summary>
    /// <param name="description">The JSON description of the snapshot.</param>
    /// <param name="section">The idstr of the section.</param>
    /// <param name="instanceId">Number among sections of that name.</param>
    /// <param name="fields">The field, innermost first, as QEMU names it: each with the description that it belongs to.</param>
    /// <returns>Null where the description does not tell.</returns>
    public static FieldPlace? Find(ReadOnlySpan<byte> description, string section, uint instanceId, IReadOnlyList<(string? Description, string Name)> fields)
    {
        if (fields.Count == 0) return null;
        try
        {
            foreach (var device in VMDescription.Parse(description, 0).Devices)
            {
                if (device.InstanceId == instanceId && device.IdStr == section) return Within(device.Body, fields[0], "") ?? Opaque(device.Body, fields);
            }
            return null;
        }
        catch (WireException)
        {
            // A description is for people; without it the section alone is named.
            return null;
        }
    }

    private static FieldPlace? Within(DescribedStruct structure, (string? Description, string Name) wanted, string path)
    {
        foreach (var field in structure.Fields)
        {
            if (Matches(wanted, structure, field) && field.BodyOffset is { } offset) return new FieldPlace(path + field.Name, offset);
            foreach (var inner in field.Structs)
            {
                if (Within(inner, wanted, $"{path}{field.Name}.") is { } found) return found;
            }
        }
        foreach (var subsection in structure.Subsections)
        {
            var name = subsection.VmsdName;
            if (Within(subsection, wanted, $"{path}{name[(name.LastIndexOf('/') + 1)..]}.") is { } found) return found;
        }
        return null;
    }

    // A virtio device hides its inside from the description; on PCI it begins with the version and the configuration of the PCI device.
    private static FieldPlace? Opaque(DescribedStruct device, IReadOnlyList<(string? Description, string Name)> fields)
    {
        const int VersionBytes = 4;
        return fields.Count > 1 && fields[0] is { Description: "PCIDevice", Name: "config" } && Within(device, fields[1], "") is { } outer
            ? new FieldPlace($"{outer.Path}.config", outer.Offset + VersionBytes)
            : null;
    }

    // The description writes config[0] for config, and numbers the elements of arrays.
    private static bool Matches((string? Description, string Name) wanted, DescribedStruct structure, DescribedField field) =>
        (wanted.Description is null || wanted.Description == structure.VmsdName)
        && field.Name is var name && (name == wanted.Name || name.StartsWith(wanted.Name + "[", StringComparison.Ordinal));
}
