using System.Text;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Doctor;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm doctor</c>: what this host and its QEMUs can do.</summary>
public static class DoctorCommand
{
    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "doctor",
        "tell what this host and its QEMUs can do",
        "Tries what savevm needs of this host for this user, asks the QEMUs in PATH (and the one in $SAVEVM_QEMU) what they are, and names the remedy "
        + "where something is missing. Changes nothing.",
        """
        $ savevm doctor
        ok       lazy resume         a QEMU of this user can wait for memory
        missing  kvm                 open /dev/kvm: Permission denied
                                     add this user to the group kvm, or switch virtualization on in the firmware; guests under TCG need none
        """,
        RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation)
    {
        string? emulator = invocation.Environment("SAVEVM_QEMU") is { Length: > 0 } named ? named : null;
        IReadOnlyList<DoctorFinding> findings = await DoctorOperation.RunAsync(invocation.RepositoryPath, emulator, invocation.Interrupt).ConfigureAwait(false);
        invocation.Pane.Result(invocation.IsJson ? Json(findings) : Text(findings));
        return ExitCode.Done;
    }

    private static string Text(IReadOnlyList<DoctorFinding> findings)
    {
        const string Good = "ok", Missing = "missing";
        int width = findings.Max(finding => finding.Subject.Length);
        var text = new StringBuilder();
        foreach (DoctorFinding finding in findings)
        {
            text.Append((finding.IsGood ? Good : Missing).PadRight(Missing.Length)).Append("  ").Append(finding.Subject.PadRight(width)).Append("  ").Append(finding.Sentence).Append('\n');
            if (finding.Remedy is { } remedy)
            {
                text.Append(' ', Missing.Length + 2 + width + 2).Append(remedy).Append('\n');
            }
        }

        return text.ToString().TrimEnd('\n');
    }

    private static string Json(IReadOnlyList<DoctorFinding> findings) => JsonText.Line(writer =>
    {
        writer.WriteStartArray("findings");
        foreach (DoctorFinding finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("subject", finding.Subject);
            writer.WriteBoolean("good", finding.IsGood);
            writer.WriteString("found", finding.Sentence);
            writer.WriteString("remedy", finding.Remedy);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
