using System.Globalization;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm list</c>: the snapshots of the repository.</summary>
public static class ListCommand
{
    private static readonly OptionDefinition Names = new("--names", "print names only, one a line");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "list",
        "list the snapshots",
        "Lists the snapshots of the repository. RAM is the size of the guest's memory, STORED what the snapshot keeps of it.",
        """
        $ savevm list
        NAME  CREATED           RAM       STORED   MODE  MACHINE        TAGS
        web   2025-03-01 14:02  2.00 GiB  611 MiB  live  pc-i440fx-7.2  purpose=demo
        """,
        Run)
    {
        Options = [Names],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        IReadOnlyList<SnapshotSummary> snapshots = invocation.Operations.Snapshots().List(invocation.RepositoryPath);
        if (invocation.IsJson)
        {
            invocation.Pane.Result(Json(invocation.RepositoryPath, snapshots));
        }
        else if (invocation.Command.Has(Names))
        {
            foreach (SnapshotSummary snapshot in snapshots)
            {
                invocation.Pane.Result(snapshot.Name);
            }
        }
        else if (snapshots.Count > 0)
        {
            invocation.Pane.Result(Table(snapshots));
        }

        foreach (SnapshotSummary snapshot in snapshots.Where(snapshot => snapshot.Defect is not null))
        {
            invocation.Pane.Say($"warning: {snapshot.Name}: {snapshot.Defect}");
        }

        return Task.FromResult(ExitCode.Done);
    }

    private static string Table(IReadOnlyList<SnapshotSummary> snapshots)
    {
        var table = new TextTable("NAME", "CREATED", "RAM", "STORED", "MODE", "MACHINE", "TAGS");
        foreach (SnapshotSummary snapshot in snapshots)
        {
            bool isGood = snapshot.Defect is null;
            table.Add(
                snapshot.Name,
                isGood ? snapshot.Created.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "damaged",
                isGood ? ByteSize.Format(snapshot.GuestBytes) : "-",
                isGood ? ByteSize.Format(snapshot.DataBytes) : "-",
                snapshot.Mode ?? "-",
                snapshot.Machine ?? "-",
                TagText.Format(snapshot.Tags));
        }

        return table.ToString();
    }

    private static string Json(string repository, IReadOnlyList<SnapshotSummary> snapshots) =>
        JsonText.Line(writer =>
        {
            writer.WriteString("repository", repository);
            writer.WriteStartArray("snapshots");
            foreach (SnapshotSummary snapshot in snapshots)
            {
                writer.WriteStartObject();
                SnapshotJson.WriteSummary(writer, snapshot);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
}
