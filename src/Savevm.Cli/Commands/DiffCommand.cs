using System.Globalization;
using System.Text;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm diff</c>: how two saved states differ.</summary>
public static class DiffCommand
{
    private static readonly ArgumentDefinition First = new("A", "a saved state in any form, or a snapshot", ValueKind.File);

    private static readonly ArgumentDefinition Second = new("B", "another one", ValueKind.File);

    private static readonly OptionDefinition Device = new("--device", "only devices whose name the pattern fits", ValueKind.Text, "GLOB");

    private static readonly OptionDefinition Pages = new("--pages", "compare RAM, too: ranges that were zeroed, filled, moved or changed");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "diff",
        "tell how two saved states differ",
        "Tells which devices were added, are gone or have changed, field by field, with --pages also which ranges of RAM differ and how. The two "
        + "need not be of the same form. Ends with exit code 1 when there is a difference.",
        """
        $ savevm diff before.state after.state --device cpu
        cpu 0: changed
          env.eip: 0x00000000001000f4 -> 0x0000000000100107
        """,
        Run)
    {
        Arguments = [First, Second],
        Options = [Device, Pages],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        ParsedCommand command = invocation.Command;
        DiffReport report = invocation.Operations.States().Diff(
            new DiffRequest(command.Text(First), command.Text(Second), invocation.RepositoryPath)
            {
                DeviceGlob = command.Text(Device),
                ComparePages = command.Has(Pages),
            },
            invocation.Pane.Progress,
            invocation.Interrupt);
        if (invocation.IsJson)
        {
            invocation.Pane.Result(Json(report));
        }
        else if (!report.IsSame)
        {
            invocation.Pane.Result(Text(report).TrimEnd('\n'));
        }

        return Task.FromResult(report.IsSame ? ExitCode.Done : ExitCode.Failed);
    }

    private static string Text(DiffReport report)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        foreach (string sentence in report.Machine)
        {
            text.Append(culture, $"{sentence}\n");
        }

        foreach (DeviceDifference device in report.Devices)
        {
            text.Append(culture, $"{device.Name} {device.InstanceId}: {device.Change}\n");
            foreach (FieldDifference field in device.Fields)
            {
                text.Append(culture, $"  {field.Path}: {field.Before ?? "(not there)"} -> {field.After ?? "(not there)"}\n");
            }
        }

        foreach (RamDifference range in report.Ram ?? [])
        {
            string from = range.From is { } place ? string.Create(culture, $" from {place.Block} 0x{place.Offset:x}") : "";
            text.Append(culture, $"{range.Block} 0x{range.Offset:x}: {ByteSize.Format(range.Bytes)} {range.Change}{from}\n");
        }

        return text.ToString();
    }

    private static string Json(DiffReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteBoolean("is_same", report.IsSame);
            writer.WriteStrings("machine", report.Machine);
            writer.WriteStartArray("devices");
            foreach (DeviceDifference device in report.Devices)
            {
                writer.WriteStartObject();
                writer.WriteString("name", device.Name);
                writer.WriteNumber("instance_id", device.InstanceId);
                writer.WriteString("change", device.Change);
                writer.WriteStartArray("fields");
                foreach (FieldDifference field in device.Fields)
                {
                    writer.WriteStartObject();
                    writer.WriteString("path", field.Path);
                    writer.WriteString("before", field.Before);
                    writer.WriteString("after", field.After);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (report.Ram is not { } ram)
            {
                writer.WriteNull("ram");
                return;
            }

            writer.WriteStartArray("ram");
            foreach (RamDifference range in ram)
            {
                writer.WriteStartObject();
                writer.WriteString("block", range.Block);
                writer.WriteNumber("offset", range.Offset);
                writer.WriteNumber("bytes", range.Bytes);
                writer.WriteString("change", range.Change);
                writer.WriteString("from_block", range.From?.Block);
                writer.WriteWhole("from_offset", range.From?.Offset);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
}
