namespace Savevm.Cli.CommandLine;

/// <summary>One command: what the parser accepts, help prints, completion offers and the program runs.</summary>
/// <param name="Name">The verb.</param>
/// <param name="Summary">One line for the list of commands.</param>
/// <param name="Description">What help says under the usage line.</param>
/// <param name="Example">One worked example: lines that begin with <c>$ </c> are typed, the others are answers.</param>
/// <param name="Run">Runs it and returns the exit code; failures are thrown.</param>
public sealed record CommandDefinition(
    string Name,
    string Summary,
    string Description,
    string Example,
    Func<Invocation, Task<ExitCode>> Run)
{
    /// <summary>The words it takes, in order.</summary>
    public IReadOnlyList<ArgumentDefinition> Arguments { get; init; } = [];

    /// <summary>Its own options; the global ones are added to every command.</summary>
    public IReadOnlyList<OptionDefinition> Options { get; init; } = [];

    /// <summary>What help calls the words after <c>--</c>; null when it takes none.</summary>
    public string? RestName { get; init; }

    /// <summary>Not shown in help or completion: the program calls it itself.</summary>
    public bool IsHidden { get; init; }
}
