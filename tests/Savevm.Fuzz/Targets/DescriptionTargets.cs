using Savevm.Fuzz.Engine;
using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.Fuzz.Targets;

/// <summary>The JSON description: parsed, placed, and held against bodies.</summary>
internal static class DescriptionTargets
{
    private const int MaxBodyBytes = 8192;

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("description", "the JSON description, its places, and bodies held against it", Describe, Seeds.Descriptions)
        {
            MaxBytes = 16384,
            MaxAllocatedBytes = 8 << 20,
        },
        new("described-body", "a body held against a description", CheckBody, Seeds.DescribedBodies) { MaxBytes = 16384, MaxAllocatedBytes = 8 << 20 },
    ];

    private static void Describe(ReadOnlySpan<byte> input)
    {
        VMDescription description = VMDescription.Parse(input, Promise.Offset);
        Promise.That(description.Entries.Count == description.Devices.Count, "description: an entry for each device");
        for (int i = 0; i < description.Devices.Count; i++)
        {
            DescribedDevice device = description.Devices[i];
            Promise.That(device.BodyBytes is >= 0 and <= WireLimits.MaxDeviceSectionBytes, "description: a body has a legal length");
            Promise.That(description.Entries[i].IdStr == device.IdStr && description.Entries[i].BodyBytes == device.BodyBytes, "description: entry and device agree");
            Walk(device.Body, 0, device.BodyBytes);
            CheckBody(device, input);
        }
        if (description.Configuration is { } configuration)
            Walk(configuration, 0, configuration.Bytes);
    }

    private static void Walk(DescribedStruct structure, int from, int to)
    {
        _ = structure.VmsdName;
        CheckPlace(structure.BodyOffset, structure.Bytes, from, to);
        foreach (DescribedField field in structure.Fields)
        {
            _ = field.Name;
            _ = field.Type;
            _ = field.IsNullPointer;
            Promise.That(field.TotalBytes >= 0 && field.Size >= 0, "description: sizes are not negative");
            CheckPlace(field.BodyOffset, field.TotalBytes, from, to);
            foreach (DescribedStruct inner in field.Structs)
                Walk(inner, from, to);
        }
        foreach (DescribedStruct subsection in structure.Subsections)
            Walk(subsection, from, to);
    }

    private static void CheckPlace(int? at, long bytes, int from, int to)
    {
        if (at is { } place)
            Promise.That(place >= from && place + bytes <= to, "description: what has a place lies in the body", $"{bytes} bytes at {place} of {to}");
    }

    private static void CheckBody(DescribedDevice device, ReadOnlySpan<byte> filling)
    {
        if (device.BodyBytes > MaxBodyBytes)
            return;
        Span<byte> body = stackalloc byte[MaxBodyBytes];
        body = body[..device.BodyBytes];
        body.Clear();
        Check(device, body);
        filling[..Math.Min(filling.Length, body.Length)].CopyTo(body);
        Check(device, body);
    }

    private static void Check(DescribedDevice device, ReadOnlySpan<byte> body)
    {
        try
        {
            DescribedBody.Check(device, body, Promise.Offset);
        }
        catch (WireException e)
        {
            Promise.That(e.Offset >= Promise.Offset && e.Offset <= Promise.Offset + body.Length, "body: a defect lies in it", e.Message);
        }
    }

    /// <summary>The description up to a zero byte, the body behind it, as long as the description of the first device says.</summary>
    private static void CheckBody(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOf((byte)0);
        if (end < 0)
            return;
        VMDescription description = VMDescription.Parse(input[..end], Promise.Offset);
        ReadOnlySpan<byte> body = input[(end + 1)..];
        foreach (DescribedDevice device in description.Devices)
        {
            if (device.BodyBytes == body.Length)
                Check(device, body);
        }
    }
}
