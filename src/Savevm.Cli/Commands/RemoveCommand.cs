using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm rm</c>: snapshots away.</summary>
public static class RemoveCommand
{
    private static readonly ArgumentDefinition Names = new("NAME", "the snapshots", ValueKind.Snapshot) { IsRepeatable = true };

    private static readonly OptionDefinition Qmp = new(
        "--qmp",
        "the QMP socket of a QEMU that has the snapshots' disks open; without it the one through which they were captured",
        ValueKind.File,
        "SOCKET");

    private static readonly OptionDefinition Guests = new("--guests", "remove the disks of resumed guests that have ended, too");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "rm",
        "remove snapshots",
        "Removes snapshots. The overlay in which the source went on is merged into the disk of a snapshot that goes, by the source's QEMU while the "
        + "guest runs or by qemu-img, unless another snapshot or guest needs that disk. Guests that run from a snapshot keep their memory; they are "
        + "named. A snapshot that is not there ends the command with exit code 3, after the others are removed.",
        """
        $ savevm rm web web-old
        note: /srv/web.savevm-web-old.qcow2 was merged into /srv/web.qcow2
        """,
        RunAsync)
    {
        Arguments = [Names],
        Options = [Qmp, Guests],
    };

    private static async Task<ExitCode> RunAsync(Invocation invocation)
    {
        IRemoveOperation operation = invocation.Operations.Remove();
        var observer = new ConsoleObserver(invocation.Pane, "", invocation.IsJson, answers: null);
        List<string> removed = [], merged = [], notes = [];
        List<RunningGuest> guests = [];
        SavevmException? first = null;
        foreach (string name in invocation.Command.All(Names).Distinct())
        {
            invocation.Interrupt.ThrowIfCancellationRequested();
            try
            {
                RemoveReport report = await operation.RunAsync(
                    new RemoveRequest
                    {
                        RepositoryPath = invocation.RepositoryPath,
                        Name = name,
                        QmpSocket = invocation.Command.Text(Qmp),
                        RemoveGuestDisks = invocation.Command.Has(Guests),
                    },
                    observer,
                    invocation.Interrupt).ConfigureAwait(false);
                removed.Add(name);
                merged.AddRange(report.Merged);
                notes.AddRange(report.Notes);
                guests.AddRange(report.Guests);
                TellRunning(invocation, name, report.Guests);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                SavevmException failure = Failure.From(exception, $"rm {name}");
                if (first is not null)
                {
                    invocation.Pane.Say($"savevm: {failure.What}: {failure.Why}");
                }

                first ??= failure;
            }
        }

        invocation.Pane.Clear();
        if (invocation.IsJson && first is null)
        {
            invocation.Pane.Result(JsonText.Line(writer =>
            {
                writer.WriteStrings("removed", removed);
                writer.WriteStrings("merged", merged);
                writer.WriteStrings("notes", notes);
                GuestTable.WriteJson(writer, "guests", guests);
            }));
        }

        return first is null ? ExitCode.Done : throw first;
    }

    private static void TellRunning(Invocation invocation, string name, IReadOnlyList<RunningGuest> running)
    {
        if (running.Count > 0)
        {
            string guests = string.Join(", ", running.Select(guest => GuestTable.Label(guest)));
            invocation.Pane.Say($"note: {name} is removed, but still runs as {guests}: they keep their memory, and the disk space returns when the last ends");
        }
    }
}
