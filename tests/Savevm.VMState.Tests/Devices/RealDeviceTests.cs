using Savevm.VMState.Descriptions;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

/// <summary>Sections that real QEMUs wrote go into classes with attributes and come out again: the same bytes, the same description.</summary>
public sealed class RealDeviceTests
{
    [Theory]
    [InlineData("q72-precopy.devices.gz", DescriptionDialect.Qemu72, 28)]
    [InlineData("q100-precopy.devices.gz", DescriptionDialect.Qemu100, 28)]
    [InlineData("q72-q35-devices.devices.gz", DescriptionDialect.Qemu72, 31)]
    [InlineData("q100-q35-devices.devices.gz", DescriptionDialect.Qemu100, 31)]
    public void Devices_of_a_stream_are_loaded_and_saved_as_they_were(string name, DescriptionDialect dialect, int expected)
    {
        int compared = 0;
        foreach (Section section in RealStream.Load(name))
        {
            if (DeviceClasses.TryMake(section.IdStr, section.Body.Length, new SameBytes(section, dialect)))
                compared++;
        }
        Assert.Equal(expected, compared);
    }

    private static void Same<TDevice>(VMStateDescription<TDevice> description, TDevice device, Section section, DescriptionDialect dialect)
    {
        var codec = new VMStateCodec<TDevice>(description);
        Assert.Equal(section.Version, description.Version);
        codec.Load(ref device, section.Body, section.Version);

        // Straight-line code, then the description field by field: two ways to the same bytes.
        var fast = new WireWriter();
        codec.Save(ref device, fast);
        Assert.Equal(Convert.ToHexString(section.Body), Convert.ToHexString(fast.WrittenSpan));
        var described = new WireWriter();
        string json = codec.SaveDescribed(ref device, described, dialect);
        Assert.Equal(Convert.ToHexString(section.Body), Convert.ToHexString(described.WrittenSpan));
        Assert.Equal(InNewerWords(section), json);

        // A state cut anywhere is refused, whichever code reads it.
        for (int length = 0; length < section.Body.Length; length += Math.Max(1, section.Body.Length / 64))
        {
            VMStateLoadException? refused = null;
            try
            {
                codec.Load(ref device, section.Body.AsSpan(0, length), section.Version);
            }
            catch (VMStateLoadException exception)
            {
                refused = exception;
            }
            // Between subsections a state is whole.
            Assert.True(refused is not null || HasSubsections(description), $"{section.IdStr} of {length} bytes");
        }
    }

    // Between 7.2 and 10.0 one field of each of these devices got another name or kind; its bytes are the same.
    private static string InNewerWords(Section section) => section.IdStr switch
    {
        "hpet" => section.Json.Replace("\"num_timers\"", "\"num_timers_save\"", StringComparison.Ordinal),
        "0000:00:1f.2/ich9_ahci" => section.Json.Replace(
            "\"ports\", \"type\": \"int32 equal\"", "\"ports\", \"type\": \"uint32 equal\"", StringComparison.Ordinal),
        _ => section.Json,
    };

    private static bool HasSubsections(VMStateDescription description) => description.Subsections.Count > 0
        || description.Fields.Any(field => field.Nested is not null && HasSubsections(field.Nested));

    private sealed class SameBytes(Section section, DescriptionDialect dialect) : IDeviceVisitor
    {
        public void Visit<TDevice>(VMStateDescription<TDevice> description, TDevice device) => Same(description, device, section, dialect);
    }
}
