using Savevm.Wire.Descriptions;

namespace Savevm.Wire.Forward;

/// <summary>Writes the subsections of the configuration section.</summary>
internal static class ConfigurationWriter
{
    internal static byte[] WriteSubsections(IReadOnlyList<string> capabilities, int? targetPageBits, Guid? uuid)
    {
        var writer = new WireWriter();
        if (targetPageBits is { } bits)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bits, ConfigurationReader.MinPageBits, nameof(targetPageBits));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, ConfigurationReader.MaxPageBits, nameof(targetPageBits));
            SubsectionReader.Write(writer, ConfigurationReader.PageBitsSubsection, ConfigurationReader.SubsectionVersion);
            writer.WriteUInt32((uint)bits);
        }
        if (capabilities.Count > 0)
        {
            if (capabilities.Count > WireLimits.MaxCapabilities)
                throw new ArgumentException($"{capabilities.Count} capabilities.", nameof(capabilities));
            SubsectionReader.Write(writer, ConfigurationReader.CapabilitiesSubsection, ConfigurationReader.SubsectionVersion);
            writer.WriteUInt32((uint)capabilities.Count);
            foreach (string capability in capabilities)
                writer.WriteCountedString(capability);
        }
        if (uuid is { } id)
        {
            SubsectionReader.Write(writer, ConfigurationReader.UuidSubsection, ConfigurationReader.SubsectionVersion);
            writer.WriteBytes(id.ToByteArray(bigEndian: true));
        }
        return writer.WrittenSpan.ToArray();
    }
}
