using Savevm.Cli.CommandLine;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm completion</c>: what a shell needs to complete our commands.</summary>
public static class CompletionCommand
{
    private static readonly ArgumentDefinition Shell = new("SHELL", "bash, zsh or fish", ValueKind.Choice) { Choices = CompletionScript.Shells };

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "completion",
        "print the completion script of a shell",
        "Prints the script with which a shell completes commands, options and the names of snapshots.",
        """
        $ source <(savevm completion bash)
        """,
        Run)
    {
        Arguments = [Shell],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        string script = CompletionScript.For(invocation.Command.Text(Shell), CommandTable.All, GlobalOptions.All);
        invocation.Terminal.Out.Write(script);
        return Task.FromResult(ExitCode.Done);
    }
}
