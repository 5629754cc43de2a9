using System.Text;
using System.Text.Json;
using Savevm.Benchmarks.Measuring;

namespace Savevm.Benchmarks.Reporting;

/// <summary>The findings for programs: one document, with the values of every round.</summary>
internal static class JsonReport
{
    public static string Of(MachineDescription machine, Findings findings)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("machine");
            foreach ((string name, string value) in machine.Facts)
            {
                writer.WriteString(name.Replace(' ', '_'), value);
            }

            writer.WriteEndObject();
            writer.WriteStartArray("benchmarks");
            foreach (BenchmarkFindings benchmark in findings.Benchmarks)
            {
                Write(writer, benchmark);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void Write(Utf8JsonWriter writer, BenchmarkFindings benchmark)
    {
        writer.WriteStartObject();
        writer.WriteString("name", benchmark.Name);
        writer.WriteString("title", benchmark.Title);
        writer.WriteString("failure", benchmark.Failure);
        writer.WriteStartArray("notes");
        benchmark.Notes.ForEach(writer.WriteStringValue);
        writer.WriteEndArray();
        writer.WriteStartArray("comparisons");
        foreach (Comparison comparison in benchmark.Comparisons)
        {
            Write(writer, comparison);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("targets");
        foreach (Target target in benchmark.Targets)
        {
            writer.WriteStartObject();
            writer.WriteString("name", target.Name);
            writer.WriteString("direction", target.AtMost ? "at_most" : "at_least");
            writer.WriteNumber("target", target.Limit);
            writer.WriteString("unit", target.Unit);
            WriteOptional(writer, "measured", target.Value);
            if (target.IsReached is { } reached)
            {
                writer.WriteBoolean("reached", reached);
            }
            else
            {
                writer.WriteNull("reached");
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Comparison comparison)
    {
        writer.WriteStartObject();
        writer.WriteString("title", comparison.Title);
        writer.WriteNumber("rounds", comparison.Rounds);
        writer.WriteStartArray("series");
        foreach (Series series in comparison.Series)
        {
            writer.WriteStartObject();
            writer.WriteString("name", series.Name);
            writer.WriteString("role", series.Role switch { Role.Ours => "ours", Role.Peer => "peer", _ => "limit" });
            writer.WriteString("failure", series.Failure);
            foreach (Quantity quantity in comparison.Quantities.Where(quantity => series.Values(quantity).Count > 0))
            {
                writer.WriteStartObject(quantity.Name);
                writer.WriteString("unit", quantity.Unit);
                Write(writer, Quartiles.Of(series.Values(quantity))!.Value);
                writer.WriteStartArray("values");
                foreach (double value in series.Values(quantity))
                {
                    writer.WriteNumberValue(Math.Round(value, 4));
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("within_rounds");
        foreach (PairedFigure figure in comparison.Paired)
        {
            writer.WriteStartObject();
            writer.WriteString("name", figure.Name);
            writer.WriteString("unit", figure.Unit);
            Write(writer, figure.Quartiles);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Quartiles quartiles)
    {
        writer.WriteNumber("median", Math.Round(quartiles.Median, 4));
        writer.WriteNumber("first_quartile", Math.Round(quartiles.First, 4));
        writer.WriteNumber("third_quartile", Math.Round(quartiles.Third, 4));
        writer.WriteNumber("count", quartiles.Count);
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            writer.WriteNumber(name, Math.Round(number, 4));
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
