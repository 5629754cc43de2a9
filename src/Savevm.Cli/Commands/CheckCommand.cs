using System.Globalization;
using System.Text.Json;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm check</c>: whether snapshots are what was saved.</summary>
public static class CheckCommand
{
    private static readonly ArgumentDefinition Names = new("NAME", "the snapshots; all without it", ValueKind.Snapshot)
    {
        IsOptional = true,
        IsRepeatable = true,
    };

    private static readonly OptionDefinition ReadData = new("--read-data", "read all RAM and compare it with its checksums");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "check",
        "check snapshots for damage",
        "Checks manifests, device sections and file sizes, with --read-data also every checksum of the RAM. Ends with exit code 4 when "
        + "something is damaged.",
        """
        $ savevm check --read-data
        web: in order, 2.00 GiB checked
        """,
        Run)
    {
        Arguments = [Names],
        Options = [ReadData],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        ISnapshotOperations operations = invocation.Operations.Snapshots();
        IReadOnlyList<string> names = invocation.Command.All(Names);
        if (names.Count == 0)
        {
            names = [.. operations.List(invocation.RepositoryPath).Select(snapshot => snapshot.Name)];
        }

        List<CheckedSnapshot> results = [];
        foreach (string name in names.Distinct())
        {
            CheckedSnapshot result = operations.Check(
                invocation.RepositoryPath,
                name,
                invocation.Command.Has(ReadData),
                invocation.Pane.Progress,
                invocation.Interrupt);
            results.Add(result);
            if (!invocation.IsJson)
            {
                invocation.Pane.Result(Text(result));
            }
        }

        if (invocation.IsJson)
        {
            invocation.Pane.Result(Json(results));
        }

        bool isGood = results.All(result => result.Defects.Count == 0);
        return Task.FromResult(isGood ? ExitCode.Done : ExitCode.Damaged);
    }

    private static string Text(CheckedSnapshot result)
    {
        string read = result.BytesRead > 0 ? $", {ByteSize.Format(result.BytesRead)} checked" : "";
        string verdict = result.Defects.Count == 0 ? "in order" : "damaged";
        return string.Concat(result.Defects.Concat(result.Remarks).Select(Line).Prepend($"{result.Name}: {verdict}{read}"));
    }

    // The reason names the file and the offset itself where they come from the same place.
    private static string Line(SnapshotDefect defect) =>
        defect.Reason.StartsWith(defect.Item, StringComparison.Ordinal) ? $"\n  {defect.Reason}"
        : defect.Offset is { } offset ? string.Create(CultureInfo.InvariantCulture, $"\n  {defect.Item} at offset 0x{offset:x}: {defect.Reason}")
        : $"\n  {defect.Item}: {defect.Reason}";

    private static string Json(List<CheckedSnapshot> results) =>
        JsonText.Line(writer =>
        {
            writer.WriteStartArray("snapshots");
            foreach (CheckedSnapshot result in results)
            {
                writer.WriteStartObject();
                writer.WriteString("name", result.Name);
                writer.WriteNumber("bytes_read", result.BytesRead);
                WriteDefects(writer, "defects", result.Defects);
                WriteDefects(writer, "remarks", result.Remarks);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });

    private static void WriteDefects(Utf8JsonWriter writer, string name, IEnumerable<SnapshotDefect> defects)
    {
        writer.WriteStartArray(name);
        foreach (SnapshotDefect defect in defects)
        {
            writer.WriteStartObject();
            writer.WriteString("item", defect.Item);
            writer.WriteWhole("offset", defect.Offset);
            writer.WriteString("reason", defect.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
