using Savevm.Machine.VMState;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;

namespace Savevm.States.Writing;

/// <summary>The parts of a stream that are not RAM, the same in a plain stream and in a mapped-ram file.</summary>
internal static class StreamParts
{
    /// <summary>Name and version of the RAM section in every release that is spoken here.</summary>
    private const string RamName = "ram";
    private const uint RamVersion = 4;

    /// <summary>Writes header and configuration, the devices that must be known before RAM, and the head of RAM's START.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="devices">The devices.</param>
    /// <param name="hasMappedRam">RAM will lie at fixed places, which the configuration must say.</param>
    internal static void WriteBeforeRam(WireWriter writer, DeviceState devices, bool hasMappedRam)
    {
        ForwardWriter.WriteHeader(writer);
        if (devices.MachineName is { } machine)
            ForwardWriter.WriteConfiguration(writer, machine, Subsections(machine, devices.ConfigurationSubsections.Span, hasMappedRam));
        else if (hasMappedRam)
            throw new ArgumentException("A stream without configuration cannot say that it has mapped-ram.", nameof(devices));
        foreach (DeviceSection section in devices.Sections)
        {
            if (section.IsEarly)
                WriteSection(writer, section);
        }
        ForwardWriter.WriteSectionStart(writer, SectionType.Start, devices.RamSectionId, RamName, 0, RamVersion);
    }

    /// <summary>Writes the devices, the end mark and the description.</summary>
    internal static void WriteBehindRam(WireWriter writer, DeviceState devices)
    {
        foreach (DeviceSection section in devices.Sections)
        {
            if (!section.IsEarly)
                WriteSection(writer, section);
        }
        ForwardWriter.WriteEndOfFile(writer);
        ForwardWriter.WriteDescription(writer, devices.Description.Span);
    }

    /// <summary>
    /// The configuration's subsections as they came, unless they speak of capabilities: those were of the stream in which the machine came,
    /// and this one is another.
    /// </summary>
    private static byte[] Subsections(string machine, ReadOnlySpan<byte> subsections, bool hasMappedRam)
    {
        if (subsections.IsEmpty && !hasMappedRam)
            return [];
        var window = new WireWriter();
        ForwardWriter.WriteConfiguration(window, machine, subsections);
        window.WriteByte((byte)SectionType.Eof);
        if (!ForwardReader.TryReadConfiguration(window.WrittenSpan, 0, out ConfigurationRecord? record, out int consumed)
            || consumed != window.Length - 1)
        {
            throw new WireException(0, "the configuration's subsections are cut off");
        }
        if (record.Capabilities.Count == 0 && !hasMappedRam)
            return subsections.ToArray();
        string[] capabilities = hasMappedRam ? [CapabilityTable.MappedRam] : [];
        return ConfigurationRecord.Create(machine, capabilities, record.TargetPageBits, record.Uuid).Subsections;
    }

    private static void WriteSection(WireWriter writer, DeviceSection section)
    {
        ForwardWriter.WriteSectionStart(
            writer, SectionType.Full, section.SectionId, section.IdStr, section.InstanceId, section.VersionId);
        writer.WriteBytes(section.Body.Span);
        ForwardWriter.WriteFooter(writer, section.SectionId);
    }
}
