using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm rm</c>: snapshots away.</summary>
public static class RemoveCommand
{
    private static readonly ArgumentDefinition Names = new("NAME", "the snapshots", ValueKind.Snapshot) { IsRepeatable = true };

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "rm",
        "remove snapshots",
        "Removes snapshots. One that is not there ends the command with exit code 3, after the others are removed.",
        """
        $ savevm rm web web-old
        """,
        Run)
    {
        Arguments = [Names],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        ISnapshotOperations snapshots = invocation.Operations.Snapshots();
        List<string> removed = [];
        SavevmException? first = null;
        foreach (string name in invocation.Command.All(Names).Distinct())
        {
            invocation.Interrupt.ThrowIfCancellationRequested();
            try
            {
                snapshots.Remove(invocation.RepositoryPath, name);
                removed.Add(name);
            }
            catch (Exception exception)
            {
                SavevmException failure = Failure.From(exception, $"rm {name}");
                if (first is not null)
                {
                    invocation.Pane.Say($"savevm: {failure.What}: {failure.Why}");
                }

                first ??= failure;
            }
        }

        if (invocation.IsJson && first is null)
        {
            invocation.Pane.Result(JsonText.Line(writer => writer.WriteStrings("removed", removed)));
        }

        return first is null ? Task.FromResult(ExitCode.Done) : throw first;
    }
}
