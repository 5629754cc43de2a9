using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;

namespace Savevm.Cli;

/// <summary>Everything a command needs to run: what was typed, where to print, what to call.</summary>
/// <param name="Command">What was typed, sorted.</param>
/// <param name="Words">What was typed, word by word.</param>
/// <param name="Terminal">The standard streams.</param>
/// <param name="Operations">What the commands call.</param>
/// <param name="Environment">Reads an environment variable.</param>
/// <param name="Interrupt">Ends the command when the user or the system asks for it.</param>
public sealed record Invocation(
    ParsedCommand Command,
    IReadOnlyList<string> Words,
    Terminal Terminal,
    Operations Operations,
    Func<string, string?> Environment,
    CancellationToken Interrupt)
{
    private readonly Lazy<MessagePane> _pane = new(() => new MessagePane(Terminal, Command.Has(GlobalOptions.Quiet), TimeProvider.System));

    /// <summary>Results are wanted as JSON.</summary>
    public bool IsJson => Command.Has(GlobalOptions.Json);

    /// <summary>Where progress, notes and results are printed.</summary>
    public MessagePane Pane => _pane.Value;

    /// <summary>The folder of the repository: the option, else the environment, else the user's data folder.</summary>
    public string RepositoryPath
    {
        get
        {
            if (Command.Text(GlobalOptions.Repository) is { } given)
            {
                return Path.GetFullPath(given);
            }

            if (Environment("SAVEVM_REPOSITORY") is { Length: > 0 } fromEnvironment)
            {
                return Path.GetFullPath(fromEnvironment);
            }

            string? data = Environment("XDG_DATA_HOME");
            if (string.IsNullOrEmpty(data))
            {
                string? home = Environment("HOME");
                data = string.IsNullOrEmpty(home)
                    ? throw new UsageException("--repository", "is not given, and there is no home folder", "name a folder with --repository")
                    : Path.Combine(home, ".local", "share");
            }

            return Path.Combine(data, "savevm");
        }
    }
}
