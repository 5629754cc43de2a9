using System.Text.Json;
using Savevm.Cli.Commands;

namespace Savevm.Cli.Output;

/// <summary>Writes the report of an inspection as one JSON document, device by device: it may be long.</summary>
public static class InspectJson
{
    /// <summary>Writes it with a line's end.</summary>
    public static void Write(TextWriter output, InspectReport report, InspectParts parts)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(parts);
        output.WriteLine(JsonText.Line(writer => Write(writer, report, parts)));
    }

    private static void Write(Utf8JsonWriter writer, InspectReport report, InspectParts parts)
    {
        writer.WriteString("name", report.Name);
        writer.WriteStrings("forms", report.Forms);
        writer.WriteString("machine", report.Machine);
        writer.WriteStrings("capabilities", report.Capabilities);
        writer.WriteString("uuid", report.Uuid?.ToString());
        writer.WriteString("release", report.Release);
        writer.WriteStrings("release_reasons", report.ReleaseReasons);
        writer.WriteStrings("dirty_bitmaps", report.DirtyBitmaps);
        if (report.Recording is { } recording)
        {
            Write(writer, recording);
        }

        if (parts.Sections)
        {
            WriteSections(writer, report);
        }

        if (parts.Ram)
        {
            WriteRam(writer, report);
        }

        if (parts.Devices)
        {
            writer.WriteStartArray("devices");
            foreach (InspectedDevice device in report.Devices)
            {
                Write(writer, device);
            }

            writer.WriteEndArray();
        }

        WriteDefects(writer, report.Defects);
    }

    private static void Write(Utf8JsonWriter writer, InspectedRecording recording)
    {
        writer.WriteStartObject("recording");
        writer.WriteMilliseconds("length_ms", recording.Length);
        writer.WriteBoolean("whole", recording.IsWhole);
        writer.WriteNumber("cut_bytes", recording.CutBytes);
        writer.WriteStartArray("connections");
        foreach (InspectedConnection connection in recording.Connections)
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", connection.Number);
            writer.WriteString("kind", connection.Kind);
            writer.WriteNumber("forward_bytes", connection.ForwardBytes);
            writer.WriteNumber("backward_bytes", connection.BackwardBytes);
            writer.WriteMilliseconds("opened_ms", connection.Opened);
            writer.WriteMilliseconds("last_ms", connection.Last);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("pongs");
        foreach (uint pong in recording.Pongs)
        {
            writer.WriteNumberValue(pong);
        }

        writer.WriteEndArray();
        writer.WriteNumber("page_requests", recording.PageRequests);
        writer.WriteNumber("requested_pages", recording.RequestedPages);
        writer.WriteWhole("shut", recording.Shut);
        writer.WriteNumber("bitmaps", recording.Bitmaps);
        writer.WriteEndObject();
    }

    /// <summary>Writes the field <c>defects</c>.</summary>
    internal static void WriteDefects(Utf8JsonWriter writer, IEnumerable<InspectedDefect> defects)
    {
        writer.WriteStartArray("defects");
        foreach (InspectedDefect defect in defects)
        {
            writer.WriteStartObject();
            writer.WriteWhole("offset", defect.Offset);
            writer.WriteString("finding", defect.Finding);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSections(Utf8JsonWriter writer, InspectReport report)
    {
        writer.WriteStartArray("sections");
        foreach (InspectedElement element in report.Elements)
        {
            writer.WriteStartObject();
            writer.WriteWhole("offset", element.Offset);
            writer.WriteString("kind", element.Kind);
            writer.WriteString("name", element.Name);
            writer.WriteWhole("instance_id", element.InstanceId);
            writer.WriteWhole("version_id", element.VersionId);
            writer.WriteNumber("bytes", element.Bytes);
            writer.WriteNumber("count", element.Count);
            writer.WriteString("cut", element.Cut);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRam(Utf8JsonWriter writer, InspectReport report)
    {
        writer.WriteStartArray("ram_blocks");
        foreach (InspectedBlock block in report.Blocks)
        {
            writer.WriteStartObject();
            writer.WriteString("name", block.Name);
            writer.WriteNumber("bytes", block.Bytes);
            writer.WriteNumber("pages", block.Pages);
            writer.WriteNumber("seen_pages", block.SeenPages);
            writer.WriteWhole("zero_pages", block.ZeroPages);
            writer.WriteWhole("records", block.Records);
            writer.WriteNumber("difference_records", block.DifferenceRecords);
            writer.WriteNumber("compressed_records", block.CompressedRecords);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteWhole("distinct_pages", report.DistinctPages);
        writer.WriteWhole("repeated_pages", report.RepeatedPages);
        writer.WriteNumber("compared_one_in", report.ComparedOneIn);
    }

    private static void Write(Utf8JsonWriter writer, InspectedDevice device)
    {
        writer.WriteStartObject();
        writer.WriteString("name", device.Name);
        writer.WriteNumber("instance_id", device.InstanceId);
        writer.WriteNumber("version_id", device.VersionId);
        writer.WriteWhole("offset", device.Offset);
        writer.WriteNumber("bytes", device.Bytes);
        writer.WriteNumber("decoded_bytes", device.DecodedBytes);
        writer.WriteBoolean("from_catalogue", device.IsFromCatalogue);
        writer.WriteStartArray("fields");
        foreach (InspectedField field in device.Fields)
        {
            Write(writer, field);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("shown");
        foreach ((string path, string text) in device.Lines)
        {
            writer.WriteString(path, text);
        }

        writer.WriteEndObject();
        if (!device.Raw.IsEmpty)
        {
            writer.WriteString("raw", Convert.ToHexStringLower(device.Raw.Span));
        }

        WriteDefects(writer, device.Defects);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, InspectedField field)
    {
        writer.WriteStartObject();
        writer.WriteString("name", field.Name);
        writer.WriteString("type", field.Type);
        writer.WriteNumber("offset", field.Offset);
        writer.WriteNumber("bytes", field.Bytes);
        writer.WriteWhole("version", field.Version);
        if (field.Value.Kind != InspectedValueKind.None)
        {
            WriteValue(writer, field.Value);
        }

        if (field.Fields.Count > 0)
        {
            writer.WriteStartArray("fields");
            foreach (InspectedField inner in field.Fields)
            {
                Write(writer, inner);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, InspectedValue value)
    {
        writer.WritePropertyName("value");
        if (value.Count != 1)
        {
            writer.WriteStartArray();
        }

        for (int i = 0; i < value.Count; i++)
        {
            switch (value.Kind)
            {
                case InspectedValueKind.Number:
                    writer.WriteNumberValue(value.Number(i));
                    break;
                case InspectedValueKind.SignedNumber:
                    writer.WriteNumberValue(value.SignedNumber(i));
                    break;
                case InspectedValueKind.Boolean:
                    writer.WriteBooleanValue(value.Boolean(i));
                    break;
                case InspectedValueKind.Real when double.IsFinite(value.Real(i)):
                    writer.WriteNumberValue(value.Real(i));
                    break;
                default:
                    writer.WriteStringValue(value.Text(i));
                    break;
            }
        }

        if (value.Count != 1)
        {
            writer.WriteEndArray();
        }
    }
}
