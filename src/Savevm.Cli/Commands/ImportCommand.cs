using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm import</c>: a snapshot of a saved state of any form.</summary>
public static class ImportCommand
{
    private static readonly ArgumentDefinition Name = new("NAME", "the snapshot to make", ValueKind.Text);

    private static readonly ArgumentDefinition Subject = new("FILE", "a saved state in any form; - for the standard input", ValueKind.File);

    private static readonly OptionDefinition Tag = new("--tag", "a tag of the snapshot", ValueKind.Text, "KEY=VALUE") { IsRepeatable = true };

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "import",
        "make a snapshot of a saved state",
        "Makes a snapshot of a saved state that QEMU or libvirt wrote: a migration stream, a mapped-ram file, a libvirt save image, an internal "
        + "snapshot of a qcow2 image (FILE#SNAPSHOT), each of them compressed or not. savevm resume brings it back. The state does not tell "
        + "the command line of its QEMU: give it here behind --, or to resume.",
        """
        $ savevm import web web.state.zst -- qemu-system-x86_64 -machine pc-i440fx-10.0 -m 64 -nodefaults -display none
        imported web: 64.0 MiB of RAM, 26.5 MiB stored
        """,
        Run)
    {
        Arguments = [Name, Subject],
        Options = [Tag],
        RestName = "QEMU ARGS",
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        ParsedCommand command = invocation.Command;
        ImportReport report = invocation.Operations.States().Import(
            new ImportRequest(command.Text(Name), command.Text(Subject), invocation.RepositoryPath)
            {
                CommandLine = command.Rest ?? [],
                Tags = TagText.Parse(Tag.Name, command.All(Tag)),
            },
            invocation.Pane.Progress,
            sentence => invocation.Pane.Say($"note: {sentence}"),
            invocation.Interrupt);
        invocation.Pane.Result(invocation.IsJson ? Json(report) : $"imported {report.Name}: {ByteSize.Format(report.GuestBytes)} of RAM, {ByteSize.Format(report.DataBytes)} stored");
        return Task.FromResult(ExitCode.Done);
    }

    private static string Json(ImportReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteString("name", report.Name);
            writer.WriteStrings("forms", report.Forms);
            writer.WriteString("machine", report.Machine);
            writer.WriteNumber("guest_bytes", report.GuestBytes);
            writer.WriteNumber("data_bytes", report.DataBytes);
            writer.WriteMilliseconds("elapsed_ms", report.Elapsed);
        });
}
