using System.Globalization;
using System.Text.Json;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm capture</c>: a running QEMU into a snapshot.</summary>
public static class CaptureCommand
{
    private static readonly ArgumentDefinition Name = new("NAME", "the name of the snapshot to make", ValueKind.Text);

    private static readonly OptionDefinition Qmp = new("--qmp", "the QMP socket of the running QEMU", ValueKind.File, "SOCKET");

    private static readonly OptionDefinition Listen = new(
        "--listen",
        "wait at this address (unix:PATH, tcp:HOST:PORT, fd:N) for a QEMU that is told to migrate to it",
        ValueKind.Text,
        "URI");

    private static readonly OptionDefinition Mode = new(
        "--mode",
        "live copies the RAM while the guest runs; background takes the state of the first instant and copies it while the guest goes on; "
        + "stop pauses the guest first. Without it: live, unless this QEMU is known to lose writes that way",
        ValueKind.Choice)
    {
        Choices = ["live", "background", "stop"],
    };

    private static readonly OptionDefinition After = new(
        "--after",
        "what becomes of the guest: it goes on as before (run, the default), stays paused, or its QEMU quits once the snapshot is safe",
        ValueKind.Choice)
    {
        Choices = ["run", "stop", "quit"],
    };

    private static readonly OptionDefinition Overlays = new(
        "--overlays",
        "where the overlays of the disks go, in which the guest writes on; without it beside each image",
        ValueKind.File,
        "FOLDER");

    private static readonly OptionDefinition Disks = new(
        "--disks",
        "ignore: leave the disks alone, because something else keeps them as they are at this instant",
        ValueKind.Choice)
    {
        Choices = ["ignore"],
    };

    private static readonly OptionDefinition Bandwidth = new("--bandwidth", "take no more than this, such as 100MiB/s", ValueKind.Rate, "RATE");

    private static readonly OptionDefinition DowntimeLimit = new(
        "--downtime-limit",
        "how long the guest may stand still at the end of live, such as 300ms",
        ValueKind.Time,
        "TIME");

    private static readonly OptionDefinition Timeout = new(
        "--timeout",
        "give up after this time, such as 10min; the guest goes on",
        ValueKind.Time,
        "TIME");

    private static readonly OptionDefinition Tag = new("--tag", "a tag to keep with the snapshot", ValueKind.Text, "KEY=VALUE")
    {
        IsRepeatable = true,
    };

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "capture",
        "take a snapshot of a running QEMU",
        "Takes the state of a running, unmodified QEMU through its QMP socket and stores it as a snapshot. The guest goes on running. "
        + "Whatever happens on the way, the guest runs as before, and the snapshot is there whole or not at all.",
        """
        $ savevm capture web --qmp /run/web.qmp --tag purpose=demo
        web: captured live in 1.9 s: 2.00 GiB of RAM, 611 MiB stored, the guest stood still for 38 ms
        """,
        RunAsync)
    {
        Arguments = [Name],
        Options = [Qmp, Listen, Mode, After, Overlays, Disks, Bandwidth, DowntimeLimit, Timeout, Tag],
    };

    private static async Task<ExitCode> RunAsync(Invocation invocation)
    {
        ParsedCommand command = invocation.Command;
        string name = command.Text(Name);
        if (command.Has(Qmp) == command.Has(Listen))
        {
            throw new UsageException(
                "capture",
                command.Has(Qmp) ? "--qmp and --listen exclude each other" : "there is no QEMU to capture",
                "name its monitor with --qmp SOCKET, or wait for it with --listen URI");
        }

        var request = new CaptureRequest
        {
            RepositoryPath = invocation.RepositoryPath,
            Name = name,
            QmpSocket = command.Text(Qmp),
            ListenUri = command.Text(Listen),
            Mode = command.Choice<CaptureMode>(Mode),
            After = command.Choice<AfterCapture>(After) ?? AfterCapture.Run,
            OverlayFolder = command.Text(Overlays),
            IgnoreDisks = command.Has(Disks),
            BandwidthBytesPerSecond = command.Rate(Bandwidth),
            DowntimeLimit = command.Time(DowntimeLimit),
            Timeout = command.Time(Timeout),
            Tags = TagText.Parse(Tag.Name, command.All(Tag)),
        };
        var observer = new ConsoleObserver(invocation.Pane, name, invocation.IsJson, answers: null);
        CaptureReport report = await invocation.Operations.Capture().RunAsync(request, observer, invocation.Interrupt).ConfigureAwait(false);
        invocation.Pane.Result(invocation.IsJson ? Json(report) : Text(report));
        return ExitCode.Done;
    }

    private static string Text(CaptureReport report)
    {
        string stood = report.Downtime is { } downtime ? $", the guest stood still for {Duration.Format(downtime)}" : "";
        string durable = report.Durable ? "" : "; it is not yet safe against a power cut";
        return $"{report.Name}: captured {ModeName(report.Mode)} in {Duration.Format(report.Elapsed)}: "
            + $"{ByteSize.Format(report.GuestBytes)} of RAM, {ByteSize.Format(report.DataBytes)} stored{stood}{Slowdown(report.Slowdown)}{durable}";
    }

    private static string Slowdown(GuestSlowdown? slowdown)
    {
        if (slowdown is null)
        {
            return "";
        }

        string waited = slowdown is { Waited: { } part, LongestWait: { } longest } ? $" and waited {Percent(part)} for their pages, {Duration.Format(longest)} at the longest" : "";
        return $"; for {Duration.Format(slowdown.Window)} its processors ran {Percent(slowdown.RanMeanwhile)} of the time ({Percent(slowdown.RanBefore)} before){waited}";
    }

    private static string Percent(double part) => part.ToString("0 %", CultureInfo.InvariantCulture);

    private static string Json(CaptureReport report) =>
        JsonText.Line(writer =>
        {
            writer.WriteString("name", report.Name);
            writer.WriteString("mode", ModeName(report.Mode));
            writer.WriteNumber("guest_bytes", report.GuestBytes);
            writer.WriteNumber("stream_bytes", report.StreamBytes);
            writer.WriteNumber("data_bytes", report.DataBytes);
            writer.WriteMilliseconds("elapsed_ms", report.Elapsed);
            writer.WriteMilliseconds("downtime_ms", report.Downtime);
            writer.WriteWhole("rounds", report.Rounds);
            WriteSlowdown(writer, report.Slowdown);
            writer.WriteBoolean("durable", report.Durable);
            writer.WriteStrings("overlays", report.Overlays);
            writer.WriteStrings("notes", report.Notes);
        });

    private static void WriteSlowdown(Utf8JsonWriter writer, GuestSlowdown? slowdown)
    {
        if (slowdown is null)
        {
            writer.WriteNull("slowdown");
            return;
        }

        writer.WriteStartObject("slowdown");
        writer.WriteMilliseconds("window_ms", slowdown.Window);
        writer.WriteNumber("ran_before", Math.Round(slowdown.RanBefore, 3));
        writer.WriteNumber("ran_meanwhile", Math.Round(slowdown.RanMeanwhile, 3));
        if (slowdown.Waited is { } waited)
        {
            writer.WriteNumber("waited", Math.Round(waited, 3));
        }
        else
        {
            writer.WriteNull("waited");
        }

        writer.WriteMilliseconds("longest_wait_ms", slowdown.LongestWait);
        writer.WriteEndObject();
    }

    private static string ModeName(CaptureMode mode) =>
        mode switch
        {
            CaptureMode.Background => "background",
            CaptureMode.Stop => "stop",
            _ => "live",
        };
}
