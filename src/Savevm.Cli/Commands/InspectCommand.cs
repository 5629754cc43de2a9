using System.Globalization;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm inspect</c>: what a saved state holds.</summary>
public static class InspectCommand
{
    private static readonly ArgumentDefinition Subject = new("FILE|NAME", "a saved state in any form, or a snapshot; - for the standard input", ValueKind.File);

    private static readonly OptionDefinition Device = new("--device", "only devices whose name the pattern fits, with all their fields", ValueKind.Text, "GLOB");

    private static readonly OptionDefinition Sections = new("--sections", "only sections and commands, with their offsets");

    private static readonly OptionDefinition Ram = new("--ram", "only RAM blocks and what fills them; of a snapshot all RAM is read for that");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "inspect",
        "look inside a saved state",
        "Tells which machine a saved state is of, which release of QEMU can have written it, its sections with their offsets, its RAM "
        + "blocks and what fills them, and every field of every device. The state is a file of any form that QEMU and libvirt write, "
        + "compressed or not, or a snapshot.",
        """
        $ savevm inspect web.state --device cpu
        machine:  pc-i440fx-10.0
        cpu 0, version 12, 1882 bytes
          rip                       0x00000000001000f4
        """,
        Run)
    {
        Arguments = [Subject],
        Options = [Device, Sections, Ram],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        ParsedCommand command = invocation.Command;
        InspectReport report = invocation.Operations.States().Inspect(
            new InspectRequest(command.Text(Subject), invocation.RepositoryPath) { DeviceGlob = command.Text(Device), ReadRam = command.Has(Ram) },
            invocation.Pane.Progress,
            invocation.Interrupt);
        bool isWhole = !command.Has(Device) && !command.Has(Sections) && !command.Has(Ram);
        var parts = new InspectParts(isWhole || command.Has(Sections), isWhole || command.Has(Ram), isWhole || command.Has(Device));
        invocation.Pane.Clear();
        if (invocation.IsJson)
        {
            InspectJson.Write(invocation.Terminal.Out, report, parts);
        }
        else
        {
            Write(invocation.Terminal.Out, report, parts);
        }

        invocation.Terminal.Out.Flush();
        if (command.Has(Device) && !report.Devices.Any())
        {
            throw new SavevmException(ExitCode.NotFound, $"inspect {report.Name}", $"no device fits '{command.Text(Device)}'", "savevm inspect --sections lists them");
        }

        foreach (InspectedDefect defect in report.Defects)
        {
            invocation.Pane.Say($"warning: {DefectText.Of(defect)}");
        }

        return Task.FromResult(report.Defects.Count > 0 ? ExitCode.Damaged : ExitCode.Done);
    }

    private static void Write(TextWriter output, InspectReport report, InspectParts parts)
    {
        output.WriteLine($"form:     {string.Join(", in it ", report.Forms)}");
        output.WriteLine($"machine:  {report.Machine ?? "not told"}");
        if (report.Capabilities.Count > 0)
        {
            output.WriteLine($"capable:  {string.Join(", ", report.Capabilities)}");
        }

        if (report.Uuid is { } uuid)
        {
            output.WriteLine($"uuid:     {uuid}");
        }

        output.WriteLine($"release:  {report.Release}");
        foreach (string reason in report.ReleaseReasons)
        {
            output.WriteLine($"          {reason}");
        }

        foreach (string bitmap in report.DirtyBitmaps)
        {
            output.WriteLine($"bitmap:   {bitmap}");
        }

        if (report.Recording is { } recording)
        {
            output.Write(RecordingText.Of(recording));
        }

        if (parts.Ram)
        {
            WriteRam(output, report);
        }

        if (parts.Sections)
        {
            output.WriteLine();
            output.WriteLine(SectionTable(report));
        }

        if (parts.Devices)
        {
            foreach (InspectedDevice device in report.Devices)
            {
                output.WriteLine();
                output.Write(DeviceText.Of(device));
            }
        }
    }

    private static string SectionTable(InspectReport report)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var table = new TextTable("OFFSET", "KIND", "NAME", "INSTANCE", "VERSION", "BYTES", "");
        foreach (InspectedElement element in report.Elements)
        {
            table.Add(
                element.Offset is { } offset ? string.Create(culture, $"0x{offset:x}") : "",
                element.Kind,
                element.Name,
                element.InstanceId?.ToString(culture) ?? "",
                element.VersionId?.ToString(culture) ?? "",
                element.Bytes.ToString(culture),
                element.Count > 1 ? string.Create(culture, $"{element.Count} in a row") : element.Cut is "ambiguous" or "description" ? $"end: {element.Cut}" : "");
        }

        return table.ToString();
    }

    private static void WriteRam(TextWriter output, InspectReport report)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var table = new TextTable("RAM BLOCK", "SIZE", "PAGES", "TOLD", "ZERO", "RECORDS");
        foreach (InspectedBlock block in report.Blocks)
        {
            table.Add(
                block.Name,
                ByteSize.Format(block.Bytes),
                block.Pages.ToString(culture),
                block.SeenPages.ToString(culture),
                block.ZeroPages?.ToString(culture) ?? "",
                block.Records?.ToString(culture) ?? "");
        }

        output.WriteLine();
        output.WriteLine(table);
        if (report.DistinctPages is { } distinct)
        {
            string about = report.ComparedOneIn > 1 ? "about " : "";
            output.WriteLine(string.Create(culture, $"{about}{distinct} different contents, {about}{report.RepeatedPages} pages repeat one of them"));
        }
    }
}
