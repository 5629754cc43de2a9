using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm export</c>: a saved state in another form.</summary>
public static class ExportCommand
{
    private static readonly ArgumentDefinition Subject = new("NAME|FILE", "a snapshot, or a saved state in any form", ValueKind.Snapshot);

    private static readonly ArgumentDefinition Target = new("TO", "the file to write", ValueKind.File);

    private static readonly OptionDefinition Format = new("--format", "the form of the file", ValueKind.Choice)
    {
        Choices = ["qevm", "mapped-ram", "libvirt", "raw", "elf", "lime"],
    };

    private static readonly OptionDefinition Block = new("--block", "of raw memory this RAM block alone", ValueKind.Text, "NAME");

    private static readonly OptionDefinition Xml = new("--xml", "the domain XML for a libvirt image", ValueKind.File, "FILE");

    private static readonly OptionDefinition Force = new("--force", "replace a file that is there");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "export",
        "write a saved state in another form",
        "Writes a migration stream that QEMU loads (qevm, the default), a mapped-ram file (QEMU 9.0 and later), a libvirt save image, the "
        + "guest's physical memory (raw), an ELF core with memory and registers (elf), or LiME's ranges (lime). The file is there when it is "
        + "complete, or not at all.",
        """
        $ savevm export web web.core --format elf
        exported web.core: 64.3 MiB
        """,
        Run)
    {
        Arguments = [Subject, Target],
        Options = [Format, Block, Xml, Force],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        ParsedCommand command = invocation.Command;
        ExportFormat format = command.Choice<ExportFormat>(Format) ?? ExportFormat.Qevm;
        if (command.Has(Block) && format is not (ExportFormat.Raw or ExportFormat.Lime))
        {
            throw new UsageException(Block.Name, "is for raw memory", "use it with --format raw");
        }

        if (command.Has(Xml) && format != ExportFormat.Libvirt)
        {
            throw new UsageException(Xml.Name, "is for libvirt images", "use it with --format libvirt");
        }

        ExportReport report = invocation.Operations.States().Export(
            new ExportRequest(command.Text(Subject), command.Text(Target), format, invocation.RepositoryPath)
            {
                Block = command.Text(Block),
                DomainXmlPath = command.Text(Xml),
                Replace = command.Has(Force),
            },
            invocation.Pane.Progress,
            invocation.Interrupt);
        foreach (string block in report.LeftOut)
        {
            invocation.Pane.Say(
                $"warning: the RAM block {block} was left out: the state does not say where its memory lies. --format raw --block {block} writes it alone");
        }

        invocation.Pane.Result(invocation.IsJson
            ? Json(report)
            : $"exported {report.Path}: {(report.FileBytes is { } bytes ? ByteSize.Format(bytes) : $"{ByteSize.Format(report.GuestBytes)} of RAM")}");
        return Task.FromResult(ExitCode.Done);
    }

    private static string Json(ExportReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteString("path", report.Path);
            writer.WriteNumber("guest_bytes", report.GuestBytes);
            writer.WriteWhole("file_bytes", report.FileBytes);
            writer.WriteStartArray("left_out");
            foreach (string block in report.LeftOut)
            {
                writer.WriteStringValue(block);
            }

            writer.WriteEndArray();
            writer.WriteMilliseconds("elapsed_ms", report.Elapsed);
        });
}
