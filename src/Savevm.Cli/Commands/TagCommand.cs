using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm tag</c>: tags of a snapshot.</summary>
public static class TagCommand
{
    private static readonly ArgumentDefinition Name = new("NAME", "the snapshot", ValueKind.Snapshot);

    private static readonly ArgumentDefinition Tags = new("KEY=VALUE", "tags to set; one that is there is replaced", ValueKind.Text)
    {
        IsOptional = true,
        IsRepeatable = true,
    };

    private static readonly OptionDefinition Remove = new("--remove", "a tag to remove", ValueKind.Text, "KEY") { IsRepeatable = true };

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "tag",
        "set, remove or print the tags of a snapshot",
        "Sets and removes tags of a snapshot, and prints those it then has.",
        """
        $ savevm tag web purpose=demo --remove owner
        purpose=demo
        """,
        Run)
    {
        Arguments = [Name, Tags],
        Options = [Remove],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        string name = invocation.Command.Text(Name);
        IReadOnlyDictionary<string, string> tags = invocation.Operations.Snapshots().Tag(
            invocation.RepositoryPath,
            name,
            TagText.Parse("tag", invocation.Command.All(Tags)),
            [.. invocation.Command.All(Remove)]);
        if (invocation.IsJson)
        {
            invocation.Pane.Result(JsonText.Line(writer =>
            {
                writer.WriteString("name", name);
                writer.WriteMap("tags", tags);
            }));
        }
        else
        {
            foreach ((string key, string value) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
            {
                invocation.Pane.Result($"{key}={value}");
            }
        }

        return Task.FromResult(ExitCode.Done);
    }
}
