using System.Globalization;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;
using Savevm.Demo;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm demo</c>: the whole thing on a guest of our own.</summary>
public static class DemoCommand
{
    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "demo",
        "show it on a small guest: capture, kill, resume in three ways",
        "Boots a small guest in a stock QEMU, captures it while it runs, kills that QEMU, and resumes the guest lazily, as three clones and "
        + "fully. Prints how long the next tick took, and whether a tick was lost or a page is corrupt; then removes what it made. Ends with "
        + "exit code 1 when anything was lost.",
        """
        $ savevm demo
        MODE   GUEST  NEXT TICK  TICKS LOST  CORRUPT PAGES
        lazy   1      131 ms     0           0
        clone  1      142 ms     0           0
        clone  2      147 ms     0           0
        clone  3      151 ms     0           0
        full   1      248 ms     0           0
        """,
        RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation)
    {
        var request = new DemoRequest
        {
            Emulator = Variable("SAVEVM_QEMU"),
            SearchPath = Variable("PATH"),
            SourceRoot = Variable("SAVEVM_ROOT"),
        };
        var observer = new ConsoleObserver(invocation.Pane, "demo", invocation.IsJson, answers: null);
        DemoReport report = await invocation.Operations.Demo().RunAsync(request, observer, invocation.Interrupt).ConfigureAwait(false);
        invocation.Pane.Result(invocation.IsJson ? Json(report) : Table(report));
        return report.IsGood ? ExitCode.Done : ExitCode.Failed;

        string? Variable(string name) => invocation.Environment(name) is { Length: > 0 } value ? value : null;
    }

    private static string Table(DemoReport report)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var table = new TextTable("MODE", "GUEST", "NEXT TICK", "TICKS LOST", "CORRUPT PAGES");
        foreach (DemoRow row in report.Rows)
        {
            string mode = GuestText.ModeName(row.Mode);
            if (row.TimeToTick is { } time)
            {
                table.Add(mode, (row.Index + 1).ToString(culture), Duration.Format(time), row.TicksLost.ToString(culture), row.CorruptPages.ToString(culture));
            }
            else
            {
                table.Add(mode, "-", "-", "-", "-");
            }
        }

        IEnumerable<string> impossible = report.Rows
            .Where(row => row.Impossible is not null)
            .Select(row => $"\n{GuestText.ModeName(row.Mode)}: {row.Impossible}");
        return table + string.Concat(impossible);
    }

    private static string Json(DemoReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteString("emulator", report.Emulator);
            writer.WriteString("capture_mode", report.Capture.Mode.ToString().ToLowerInvariant());
            writer.WriteMilliseconds("capture_ms", report.Capture.Elapsed);
            writer.WriteStartArray("rows");
            foreach (DemoRow row in report.Rows)
            {
                writer.WriteStartObject();
                writer.WriteString("mode", GuestText.ModeName(row.Mode));
                writer.WriteNumber("guest", row.Index);
                writer.WriteMilliseconds("next_tick_ms", row.TimeToTick);
                writer.WriteNumber("ticks_lost", row.TicksLost);
                writer.WriteNumber("corrupt_pages", row.CorruptPages);
                writer.WriteString("impossible", row.Impossible);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteBoolean("good", report.IsGood);
        });
}
