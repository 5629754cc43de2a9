using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Savevm.Wire.Forward;

/// <summary>Reads the configuration section: machine name and the three subsections that exist.</summary>
internal static class ConfigurationReader
{
    private const int NameOffset = 5;
    private const int UuidBytes = 16;

    internal const int MinPageBits = 10;
    internal const int MaxPageBits = 31;
    internal const uint SubsectionVersion = 1;
    internal const string PageBitsSubsection = "configuration/target-page-bits";
    internal const string CapabilitiesSubsection = "configuration/capabilities";
    internal const string UuidSubsection = "configuration/uuid";

    internal static bool TryRead(
        ReadOnlySpan<byte> window, long offset, [NotNullWhen(true)] out ConfigurationRecord? record, out int consumed)
    {
        record = null;
        consumed = 0;
        if (window.IsEmpty)
            return false;
        ForwardReader.RequireType(window, offset, SectionType.Configuration, "the configuration");
        if (window.Length < NameOffset)
            return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(window[1..]);
        if (length is 0 or > WireLimits.MaxMachineNameBytes)
            throw new WireException(offset + 1, $"machine name of {length} bytes, legal are 1 to {WireLimits.MaxMachineNameBytes}");
        ReadOnlySpan<byte> rest = window[NameOffset..];
        ReadOnlySpan<byte> name = rest[..Math.Min((int)length, rest.Length)];
        WireText.RequirePrintable(name, offset + NameOffset, "machine name");
        if (name.Length < length)
            return false;
        int subsections = NameOffset + name.Length;
        var found = new ConfigurationRecord(WireText.ToText(name), [], []);
        int position = subsections;
        while (true)
        {
            // A subsection byte is never legal at top level, so it can only belong to the configuration.
            if (position >= window.Length)
                return false;
            if (window[position] != (byte)SectionType.Subsection)
                break;
            if (!TryReadSubsection(window, offset, ref position, ref found))
                return false;
        }
        record = found with { Subsections = window[subsections..position].ToArray() };
        consumed = position;
        return true;
    }

    private static bool TryReadSubsection(ReadOnlySpan<byte> window, long offset, ref int position, ref ConfigurationRecord found)
    {
        int nameAt = position + 1;
        if (!WireText.TryReadName(window, offset, nameAt, "subsection name", out ReadOnlySpan<byte> name))
            return false;
        int versionAt = nameAt + 1 + name.Length;
        string text = WireText.ToText(name);
        bool isPageBits = text == PageBitsSubsection && found.TargetPageBits is null;
        bool isCapabilities = text == CapabilitiesSubsection && found.Capabilities.Count == 0;
        bool isUuid = text == UuidSubsection && found.Uuid is null;
        if (!isPageBits && !isCapabilities && !isUuid)
            throw new WireException(offset + nameAt, $"unknown or repeated subsection '{text}' of the configuration");
        var reader = new WireReader(window, offset);
        reader.TryReadBytes(versionAt, out _);
        if (!reader.TryReadUInt32(out uint version))
            return false;
        if (version != SubsectionVersion)
            throw new WireException(offset + versionAt, $"version {version} of subsection '{text}'");
        if (isPageBits)
        {
            if (!reader.TryReadUInt32(out uint bits))
                return false;
            if (bits is < MinPageBits or > MaxPageBits)
                throw new WireException(reader.Offset - sizeof(uint), $"target page bits {bits}");
            found = found with { TargetPageBits = (int)bits };
        }
        else if (isUuid)
        {
            if (!reader.TryReadBytes(UuidBytes, out ReadOnlySpan<byte> uuid))
                return false;
            found = found with { Uuid = new Guid(uuid, bigEndian: true) };
        }
        else
        {
            if (!TryReadCapabilities(window, offset, ref reader, out List<string>? capabilities))
                return false;
            found = found with { Capabilities = capabilities };
        }
        position = reader.Position;
        return true;
    }

    private static bool TryReadCapabilities(
        ReadOnlySpan<byte> window, long offset, ref WireReader reader, [NotNullWhen(true)] out List<string>? capabilities)
    {
        capabilities = null;
        if (!reader.TryReadUInt32(out uint count))
            return false;
        if (count is 0 or > WireLimits.MaxCapabilities)
            throw new WireException(reader.Offset - sizeof(uint), $"{count} capabilities, legal are 1 to {WireLimits.MaxCapabilities}");
        var names = new List<string>();
        for (uint i = 0; i < count; i++)
        {
            if (!WireText.TryReadName(window, offset, reader.Position, "capability name", out ReadOnlySpan<byte> name))
                return false;
            names.Add(WireText.ToText(name));
            reader.TryReadCountedString(out _);
        }
        capabilities = names;
        return true;
    }
}
