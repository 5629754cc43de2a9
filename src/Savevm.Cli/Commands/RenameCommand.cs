using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm rename</c>: another name for a snapshot.</summary>
public static class RenameCommand
{
    private static readonly ArgumentDefinition Name = new("NAME", "the snapshot", ValueKind.Snapshot);
    private static readonly ArgumentDefinition NewName = new("NEW-NAME", "its new name", ValueKind.Text);

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "rename",
        "give a snapshot another name",
        "Gives a snapshot another name. A name that is taken is refused.",
        """
        $ savevm rename web web-before-upgrade
        """,
        Run)
    {
        Arguments = [Name, NewName],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        string name = invocation.Command.Text(Name);
        string newName = invocation.Command.Text(NewName);
        invocation.Operations.Snapshots().Rename(invocation.RepositoryPath, name, newName);
        if (invocation.IsJson)
        {
            invocation.Pane.Result(JsonText.Line(writer =>
            {
                writer.WriteString("name", newName);
                writer.WriteString("old_name", name);
            }));
        }

        return Task.FromResult(ExitCode.Done);
    }
}
