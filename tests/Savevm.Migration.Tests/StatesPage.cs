using System.Runtime.CompilerServices;
using System.Text;
using Savevm.Migration.Core;

namespace Savevm.Migration.Tests;

/// <summary>Prints docs/states.md from the tables; <c>SAVEVM_WRITE_DOCS=1 ./test unit</c> writes it anew.</summary>
internal static class StatesPage
{
    public static string Print()
    {
        var page = new StringBuilder();
        page.Append("# States of a migration\n\nPrinted from `MigrationStateTable`, `SourcePhaseTable` and `IncomingPhaseTable`; a test holds this page and the tables together.\n");
        page.Append("A transition that is not a row is a bug of ours and throws. Names are those of QEMU's `query-migrate`.\n");
        Table(page, "Outgoing", MigrationStateTable.Outgoing);
        Table(page, "Incoming", MigrationStateTable.Incoming);
        page.Append("\n## The source's core\n\nWhat is done in each phase, and who has the machine meanwhile. ");
        page.Append("On a failure or a cancellation the machine is handed back while it is the source's; afterwards it waits at the destination.\n");
        page.Append("While the end mark is written, and until the destination has answered, it is too late to cancel.\n\n");
        page.Append("| phase | is done | seen as | authority |\n|---|---|---|---|\n");
        foreach (var row in SourcePhaseTable.Phases) Line(page, $"{row.Phase} | {row.Action} | {(row.State is { } state ? MigrationStateTable.NameOf(state) : "as before")} | {row.Authority}");
        page.Append("\n| phase | event | next |\n|---|---|---|\n");
        foreach (var step in SourcePhaseTable.Steps) Line(page, $"{step.Phase} | {step.Event} | {step.Next}");
        page.Append("\n## The destination's core\n\n| phase | is done | seen as | authority |\n|---|---|---|---|\n");
        foreach (var row in IncomingPhaseTable.Phases) Line(page, $"{row.Phase} | {row.Action} | {MigrationStateTable.NameOf(row.State)} | {row.Authority}");
        page.Append("\n| phase | input | next |\n|---|---|---|\n");
        foreach (var row in IncomingPhaseTable.Rows) Line(page, $"{row.Phase} | {row.Input} | {row.Next}");
        return page.ToString();
    }

    public static string RepositoryRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));

    private static void Line(StringBuilder page, string cells) => page.Append("| ").Append(cells).Append(" |\n");

    private static void Table(StringBuilder page, string title, IReadOnlyList<MigrationStateTable.Row> rows)
    {
        page.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n## {title}\n\n| from | to | why |\n|---|---|---|\n");
        foreach (var row in rows)
            page.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {MigrationStateTable.NameOf(row.From)} | {MigrationStateTable.NameOf(row.To)} | {row.Why} |\n");
    }
}
