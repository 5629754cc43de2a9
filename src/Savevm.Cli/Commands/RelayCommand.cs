using System.Globalization;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm relay</c>: between the two QEMUs of a migration.</summary>
public static class RelayCommand
{
    private const long LeastKept = 4L << 20;

    private static readonly OptionDefinition Listen = new("--listen", "where the source migrates to (unix:PATH, tcp:HOST:PORT)", ValueKind.Text, "URI");

    private static readonly OptionDefinition Connect = new("--connect", "where the destination waits, as its -incoming says", ValueKind.Text, "URI");

    private static readonly OptionDefinition Keep = new(
        "--keep",
        "the most memory for pages that have left the source and not reached the destination; 256MiB without it, and at least 4MiB",
        ValueKind.Size,
        "SIZE");

    private static readonly OptionDefinition Record = new("--record", "write all that passes into this new file, for inspect and replay", ValueKind.File, "FILE");

    private static readonly OptionDefinition Bandwidth = new(
        "--bandwidth",
        "give the destination no more than this, such as 100MiB/s; pages that it asks for do not wait",
        ValueKind.Rate,
        "RATE");

    private static readonly OptionDefinition Timeout = new(
        "--timeout",
        "how long to wait for the source, and for either side to come back after a break; for ever without it",
        ValueKind.Time,
        "TIME");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "relay",
        "stand between the two QEMUs of a migration",
        "Carries one migration between two unmodified QEMUs: precopy and multifd as they are. In postcopy it takes the pages from the source as fast as they "
        + "come, gives the destination first what it asks for, and says when the source is no longer needed: from then on nothing is lost when the source's host "
        + "dies, and a broken connection of the destination is recovered from here, as soon as that is told migrate-recover.",
        """
        $ savevm relay --listen unix:/run/relay --connect tcp:there:4444
        note: waiting at unix:/run/relay
        the source is no longer needed
        relayed 1.02 GiB in 4.1 s by postcopy: 1204 pages asked for, 611 of them were here
        """,
        RunAsync)
    {
        Options = [Listen, Connect, Keep, Record, Bandwidth, Timeout],
    };

    private static async Task<ExitCode> RunAsync(Invocation invocation)
    {
        ParsedCommand command = invocation.Command;
        if (command.Text(Listen) is not { } listen || command.Text(Connect) is not { } connect)
        {
            throw new UsageException("relay", "it stands between two addresses", "name them with --listen URI and --connect URI");
        }

        long? keep = command.Size(Keep);
        if (keep < LeastKept)
        {
            throw new UsageException(Keep.Name, $"{ByteSize.Format(keep.Value)} is too little to keep pages in", $"at least {ByteSize.Format(LeastKept)}");
        }

        var request = new RelayRequest
        {
            ListenUri = listen,
            ConnectUri = connect,
            KeepBytes = keep,
            BandwidthBytesPerSecond = command.Rate(Bandwidth),
            RecordPath = command.Text(Record),
            Timeout = command.Time(Timeout),
        };
        var observer = new RelayObserver(invocation.Pane, invocation.IsJson);
        RelayReport report = await invocation.Operations.Relays().RelayAsync(request, observer, invocation.Interrupt).ConfigureAwait(false);
        invocation.Pane.Result(invocation.IsJson ? Json(report) : Text(report));
        return ExitCode.Done;
    }

    private static string Text(RelayReport report)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string text = $"relayed {ByteSize.Format(report.ForwardBytes)} in {Duration.Format(report.Elapsed)}";
        if (report.Postcopy)
        {
            text += string.Create(culture, $" by postcopy: {report.RequestedPages} pages asked for, {report.AnsweredPages} of them were here");
        }

        if (report.Recoveries > 0)
        {
            text += string.Create(culture, $"; {report.Recoveries} broken connections recovered");
        }

        if (report.SourceWasLost)
        {
            text += "; finished without the source";
        }

        return report.RecordedBytes is { } recorded ? $"{text}; {ByteSize.Format(recorded)} recorded" : text;
    }

    private static string Json(RelayReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteString("message_type", "relayed");
            writer.WriteNumber("forward_bytes", report.ForwardBytes);
            writer.WriteNumber("backward_bytes", report.BackwardBytes);
            writer.WriteNumber("connections", report.Connections);
            writer.WriteBoolean("followed", report.Followed);
            writer.WriteBoolean("postcopy", report.Postcopy);
            writer.WriteNumber("requested_pages", report.RequestedPages);
            writer.WriteNumber("answered_pages", report.AnsweredPages);
            writer.WriteNumber("recoveries", report.Recoveries);
            writer.WriteBoolean("source_left_early", report.SourceWasLost);
            writer.WriteWhole("recorded_bytes", report.RecordedBytes);
            writer.WriteMilliseconds("elapsed_ms", report.Elapsed);
        });
}
