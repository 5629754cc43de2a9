using System.Globalization;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm replay</c>: the source of a recorded migration once more.</summary>
public static class ReplayCommand
{
    private static readonly ArgumentDefinition Recording = new("FILE", "a recording that savevm relay --record made", ValueKind.File);

    private static readonly OptionDefinition Connect = new("--connect", "where the destination waits, as its -incoming says", ValueKind.Text, "URI");

    private static readonly OptionDefinition Timeout = new(
        "--timeout",
        "how long to wait for an answer of the destination; 60s without it",
        ValueKind.Time,
        "TIME");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "replay",
        "play the source of a recorded migration to a QEMU",
        "Sends a waiting QEMU what the source of a recorded migration sent, on as many connections and in the recorded order, and waits for its answers "
        + "where the recorded destination gave some. The QEMU is started as the recorded destination was, with the same capabilities.",
        """
        $ savevm replay web.recording --connect unix:/run/there
        replayed 61.4 MiB on 1 connection in 0.4 s
        """,
        RunAsync)
    {
        Arguments = [Recording],
        Options = [Connect, Timeout],
    };

    private static async Task<ExitCode> RunAsync(Invocation invocation)
    {
        ParsedCommand command = invocation.Command;
        if (command.Text(Connect) is not { } connect)
        {
            throw new UsageException("replay", "there is no QEMU to play to", "name its address with --connect URI");
        }

        var request = new ReplayRequest(command.Text(Recording), connect) { Timeout = command.Time(Timeout) ?? TimeSpan.FromSeconds(60) };
        ReplayReport report = await invocation.Operations.Relays()
            .ReplayAsync(request, new RelayObserver(invocation.Pane, invocation.IsJson), invocation.Interrupt).ConfigureAwait(false);
        invocation.Pane.Result(invocation.IsJson ? Json(report) : Text(report));
        return ExitCode.Done;
    }

    private static string Text(ReplayReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"replayed {ByteSize.Format(report.ForwardBytes)} on {report.Connections} connection{(report.Connections == 1 ? "" : "s")} in {Duration.Format(report.Elapsed)}");

    private static string Json(ReplayReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteNumber("forward_bytes", report.ForwardBytes);
            writer.WriteNumber("connections", report.Connections);
            writer.WriteBoolean("shut", report.HasShut);
            writer.WriteMilliseconds("elapsed_ms", report.Elapsed);
        });
}
