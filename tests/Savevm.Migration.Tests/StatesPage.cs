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
        page.Append("# States of a migration\n\nPrinted from `MigrationStateTable` and `IncomingPhaseTable`; a test holds this page and the tables together.\n");
        page.Append("A transition that is not a row is a bug of ours and throws. Names are those of QEMU's `query-migrate`.\n");
        Table(page, "Outgoing", MigrationStateTable.Outgoing);
        Table(page, "Incoming", MigrationStateTable.Incoming);
        page.Append("\n## Order of an incoming stream\n\n| phase | input | next |\n|---|---|---|\n");
        foreach (var row in IncomingPhaseTable.Rows) page.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {row.Phase} | {row.Input} | {row.Next} |\n");
        return page.ToString();
    }

    public static string RepositoryRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));

    private static void Table(StringBuilder page, string title, IReadOnlyList<MigrationStateTable.Row> rows)
    {
        page.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n## {title}\n\n| from | to | why |\n|---|---|---|\n");
        foreach (var row in rows)
            page.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {MigrationStateTable.NameOf(row.From)} | {MigrationStateTable.NameOf(row.To)} | {row.Why} |\n");
    }
}
