using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm verify</c>: every defect of a saved state.</summary>
public static class VerifyCommand
{
    private static readonly ArgumentDefinition Subject = new("FILE|NAME", "a saved state in any form, or a snapshot; - for the standard input", ValueKind.File);

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "verify",
        "check a saved state for defects",
        "Reads all of a saved state and checks all that can be checked: footers, ids, versions, sizes against the description, that every page "
        + "of RAM is there, compressed pages, bitmaps, the order of sections. Each defect is told with its offset. Ends with exit code 4 when "
        + "there is one.",
        """
        $ savevm verify web.state
        web.state: in order, 26.8 MiB read
        """,
        Run)
    {
        Arguments = [Subject],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        VerifyReport report = invocation.Operations.States().Verify(
            invocation.Command.Text(Subject), invocation.RepositoryPath, invocation.Pane.Progress, invocation.Interrupt);
        invocation.Pane.Result(invocation.IsJson ? Json(report) : Text(report));
        return Task.FromResult(report.Defects.Count > 0 ? ExitCode.Damaged : ExitCode.Done);
    }

    private static string Text(VerifyReport report)
    {
        string verdict = report.Defects.Count == 0 ? "in order" : "damaged";
        IEnumerable<string> lines = report.Defects.Select(DefectText.Of);
        if (report.UnlistedDefects > 0)
        {
            lines = lines.Append($"and {report.UnlistedDefects} more defects");
        }

        lines = lines.Concat(report.Remarks.Select(remark => $"note: {remark}")).Concat(report.Checks.Select(check => $"checked: {check}"));
        return string.Concat(lines.Select(line => $"\n  {line}").Prepend($"{report.Name}: {verdict}, {ByteSize.Format(report.BytesRead)} read"));
    }

    private static string Json(VerifyReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteString("name", report.Name);
            writer.WriteStrings("forms", report.Forms);
            writer.WriteNumber("bytes_read", report.BytesRead);
            writer.WriteStrings("checks", report.Checks);
            writer.WriteStrings("remarks", report.Remarks);
            InspectJson.WriteDefects(writer, report.Defects);
            writer.WriteNumber("unlisted_defects", report.UnlistedDefects);
        });
}
