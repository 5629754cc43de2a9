using System.Text.Json;

namespace Savevm.Wire.Forward;

/// <summary>
/// The JSON description behind a stream, as far as it tells the length of each device section. Field sizes include
/// everything nested in a field, so only the outermost level is added up.
/// </summary>
/// <param name="Entries">One entry for each FULL section, in stream order. Live devices are absent.</param>
public sealed record VMDescription(IReadOnlyList<VMDescriptionEntry> Entries)
{
    // Mark byte, length byte, be32 version: what a subsection has besides its name and fields.
    private const long SubsectionOverhead = 6;

    /// <summary>Reads the text.</summary>
    /// <param name="json">The text; empty means no entries.</param>
    /// <param name="offset">Its offset in the stream.</param>
    /// <exception cref="WireException">Not JSON, deeper or longer than the limits, or sizes that cannot be.</exception>
    public static VMDescription Parse(ReadOnlySpan<byte> json, long offset)
    {
        if (json.IsEmpty)
            return new VMDescription([]);
        if (json.Length > WireLimits.MaxDescriptionBytes)
            throw new WireException(offset, $"description of {json.Length} bytes");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = WireLimits.MaxDescriptionDepth });
        try
        {
            List<VMDescriptionEntry> entries = ReadTop(ref reader, offset);
            if (reader.Read())
                throw Defect(ref reader, offset, "text behind the object");
            return new VMDescription(entries);
        }
        catch (JsonException e)
        {
            throw new WireException(offset + reader.BytesConsumed, $"description is not JSON: {e.Message}");
        }
    }

    private static List<VMDescriptionEntry> ReadTop(ref Utf8JsonReader reader, long offset)
    {
        var entries = new List<VMDescriptionEntry>();
        Advance(ref reader, offset);
        Require(ref reader, offset, JsonTokenType.StartObject);
        while (NextProperty(ref reader, offset))
        {
            bool isDevices = IsNamed(ref reader, "devices"u8);
            Advance(ref reader, offset);
            if (!isDevices)
            {
                reader.Skip();
                continue;
            }
            Require(ref reader, offset, JsonTokenType.StartArray);
            while (NextElement(ref reader, offset))
            {
                if (entries.Count == WireLimits.MaxSections)
                    throw Defect(ref reader, offset, "too many devices");
                entries.Add(ReadDevice(ref reader, offset));
            }
        }
        return entries;
    }

    private static VMDescriptionEntry ReadDevice(ref Utf8JsonReader reader, long offset)
    {
        string? name = null;
        uint? instance = null;
        uint? version = null;
        long fields = 0;
        long subsections = 0;
        while (NextProperty(ref reader, offset))
        {
            if (IsNamed(ref reader, "name"u8))
                name = ReadText(ref reader, offset);
            else if (IsNamed(ref reader, "instance_id"u8))
                instance = (uint)ReadNumber(ref reader, offset, uint.MaxValue);
            else if (IsNamed(ref reader, "version"u8))
                version = (uint)ReadNumber(ref reader, offset, uint.MaxValue);
            else if (IsNamed(ref reader, "fields"u8))
                fields = ReadFields(ref reader, offset);
            else if (IsNamed(ref reader, "subsections"u8))
                subsections = ReadSubsections(ref reader, offset);
            else
                SkipValue(ref reader, offset);
        }
        if (name is null || instance is null)
            throw Defect(ref reader, offset, "device without name or instance_id");
        return new VMDescriptionEntry(name, instance.Value, version, Add(ref reader, offset, fields, subsections));
    }

    private static long ReadFields(ref Utf8JsonReader reader, long offset)
    {
        long sum = 0;
        Advance(ref reader, offset);
        Require(ref reader, offset, JsonTokenType.StartArray);
        while (NextElement(ref reader, offset))
        {
            long size = 0;
            long count = 1;
            while (NextProperty(ref reader, offset))
            {
                // A container repeats the keys of its elements here; its own size is that of all of them.
                if (IsNamed(ref reader, "size"u8))
                    size = ReadNumber(ref reader, offset, WireLimits.MaxDeviceSectionBytes);
                else if (IsNamed(ref reader, "array_len"u8))
                    count = ReadNumber(ref reader, offset, WireLimits.MaxDeviceSectionBytes);
                else
                    SkipValue(ref reader, offset);
            }
            sum = Add(ref reader, offset, sum, size * count);
        }
        return sum;
    }

    private static long ReadSubsections(ref Utf8JsonReader reader, long offset)
    {
        long sum = 0;
        Advance(ref reader, offset);
        Require(ref reader, offset, JsonTokenType.StartArray);
        while (NextElement(ref reader, offset))
            sum = Add(ref reader, offset, sum, ReadSubsection(ref reader, offset));
        return sum;
    }

    /// <summary>Recursion is bounded by the reader's depth limit.</summary>
    private static long ReadSubsection(ref Utf8JsonReader reader, long offset)
    {
        long nameBytes = -1;
        long fields = 0;
        long subsections = 0;
        while (NextProperty(ref reader, offset))
        {
            if (IsNamed(ref reader, "vmsd_name"u8))
                nameBytes = ReadText(ref reader, offset).Length;
            else if (IsNamed(ref reader, "fields"u8))
                fields = ReadFields(ref reader, offset);
            else if (IsNamed(ref reader, "subsections"u8))
                subsections = ReadSubsections(ref reader, offset);
            else
                SkipValue(ref reader, offset);
        }
        if (nameBytes < 0)
            throw Defect(ref reader, offset, "subsection without vmsd_name");
        return Add(ref reader, offset, Add(ref reader, offset, fields, subsections), SubsectionOverhead + nameBytes);
    }

    /// <summary>True: the reader stands on a property's name. False: it stands behind the object.</summary>
    private static bool NextProperty(ref Utf8JsonReader reader, long offset)
    {
        Advance(ref reader, offset);
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>True: the reader stands on the start of an object. False: it stands on the end of the array.</summary>
    private static bool NextElement(ref Utf8JsonReader reader, long offset)
    {
        Advance(ref reader, offset);
        if (reader.TokenType == JsonTokenType.EndArray)
            return false;
        Require(ref reader, offset, JsonTokenType.StartObject);
        return true;
    }

    /// <summary>The reader stands on the property of this name. QEMU escapes no name; comparing an escaped one may throw.</summary>
    private static bool IsNamed(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        !reader.ValueIsEscaped && reader.ValueTextEquals(name);

    private static void SkipValue(ref Utf8JsonReader reader, long offset)
    {
        Advance(ref reader, offset);
        reader.Skip();
    }

    private static long ReadNumber(ref Utf8JsonReader reader, long offset, long max)
    {
        Advance(ref reader, offset);
        Require(ref reader, offset, JsonTokenType.Number);
        if (!reader.TryGetInt64(out long value) || value < 0 || value > max)
            throw Defect(ref reader, offset, "number out of range");
        return value;
    }

    private static string ReadText(ref Utf8JsonReader reader, long offset)
    {
        Advance(ref reader, offset);
        Require(ref reader, offset, JsonTokenType.String);
        ReadOnlySpan<byte> value = reader.ValueSpan;
        if (reader.ValueIsEscaped || value.Length is 0 or > WireLimits.MaxIdStrBytes || !WireText.IsPrintable(value))
            throw Defect(ref reader, offset, "name that is not 1 to 255 bytes of printable ASCII");
        return WireText.ToText(value);
    }

    private static long Add(ref Utf8JsonReader reader, long offset, long sum, long bytes)
    {
        // Each factor and each sum is at most 2^28, so nothing overflows before it is refused.
        if (sum + bytes > WireLimits.MaxDeviceSectionBytes)
            throw Defect(ref reader, offset, $"section of more than {WireLimits.MaxDeviceSectionBytes} bytes");
        return sum + bytes;
    }

    private static void Advance(ref Utf8JsonReader reader, long offset)
    {
        if (!reader.Read())
            throw Defect(ref reader, offset, "text ends early");
    }

    private static void Require(ref Utf8JsonReader reader, long offset, JsonTokenType expected)
    {
        if (reader.TokenType != expected)
            throw Defect(ref reader, offset, $"{reader.TokenType} where {expected} was expected");
    }

    private static WireException Defect(ref Utf8JsonReader reader, long offset, string reason) =>
        new(offset + reader.TokenStartIndex, $"description: {reason}");
}
