using Savevm.Fuzz.Engine;
using Savevm.VMState;
using Savevm.VMState.Imports;
using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.Fuzz.Targets;

/// <summary>Device state for .NET machines: descriptions of foreign streams, and sections loaded by them.</summary>
internal static class VMStateTargets
{
    // Structures, fields and what a loaded section holds of bytes: descriptions are bounded by their own limit.
    private const long MaxAllocatedBytes = 32 << 20;

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("vmstate", "a description imported, and a section loaded by it and saved again", Load, Seeds.DescribedBodies)
        {
            MaxBytes = 16384,
            MaxAllocatedBytes = MaxAllocatedBytes,
            Refusals = [typeof(WireException), typeof(VMStateLoadException)],
        },
    ];

    /// <summary>The description up to a zero byte, the body behind it.</summary>
    private static void Load(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOf((byte)0);
        if (end < 0)
            return;
        VMDescription description = VMDescription.Parse(input[..end], Promise.Offset);
        ReadOnlySpan<byte> body = input[(end + 1)..];
        foreach (DescribedDevice device in description.Devices)
            Load(device, body);
    }

    private static void Load(DescribedDevice device, ReadOnlySpan<byte> body)
    {
        var codec = new VMStateCodec<FieldBag>(DescriptionImport.Of(device));
        var bag = new FieldBag();
        try
        {
            codec.Load(ref bag, body, codec.Description.Version, Promise.Offset);
        }
        catch (VMStateLoadException refused)
        {
            long at = refused.Offset - Promise.Offset;
            Promise.That(refused.Message.Length > 0 && at >= 0 && at <= body.Length, "vmstate: a refusal says why, and where in the section", $"{at} of {body.Length}");
            return;
        }
        var saved = new WireWriter();
        codec.Save(ref bag, saved);
        Promise.That(saved.WrittenSpan.SequenceEqual(body), "vmstate: what was loaded is saved in the same bytes", $"{saved.Length} of {body.Length}");
    }
}
