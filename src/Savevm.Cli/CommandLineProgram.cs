using Savevm.Cli.CommandLine;
using Savevm.Cli.Commands;
using Savevm.Cli.Output;

namespace Savevm.Cli;

/// <summary>From words to an exit code: parses, runs the command, and says what failed.</summary>
public static class CommandLineProgram
{
    private const string Red = "\u001b[31m";
    private const string Plain = "\u001b[0m";

    /// <summary>The version of this program.</summary>
    public static string Version { get; } = typeof(CommandLineProgram).Assembly.GetName().Version!.ToString(3);

    /// <summary>Runs one command line. Never throws.</summary>
    /// <param name="words">The words after the program's name.</param>
    /// <param name="terminal">Where it prints.</param>
    /// <param name="operations">What the commands call.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="interrupt">Ends the command early.</param>
    /// <returns>The exit code.</returns>
    public static async Task<ExitCode> RunAsync(
        IReadOnlyList<string> words,
        Terminal terminal,
        Operations operations,
        Func<string, string?> environment,
        CancellationToken interrupt)
    {
        ParsedCommand? command = null;
        try
        {
            command = Parse(words);
            if (command.Definition is { } definition && !command.Has(GlobalOptions.Help))
            {
                return await definition.Run(new Invocation(command, words, terminal, operations, environment, interrupt)).ConfigureAwait(false);
            }

            return RunProgram(command, terminal);
        }
        catch (UsageException wrong)
        {
            return Report(new SavevmException(ExitCode.WrongUsage, wrong.What, wrong.Why, wrong.Hint, wrong), words, terminal);
        }
        catch (Exception exception)
        {
            return Report(Failure.From(exception, WhatFailed(command)), words, terminal);
        }
    }

    /// <summary>Sorts words by the commands and options of this program.</summary>
    /// <exception cref="UsageException">They do not fit.</exception>
    public static ParsedCommand Parse(IReadOnlyList<string> words) =>
        new CommandLineParser(CommandTable.All, GlobalOptions.All).Parse(words, GlobalOptions.Help);

    private static ExitCode RunProgram(ParsedCommand command, Terminal terminal)
    {
        if (command.Has(GlobalOptions.Help))
        {
            terminal.Out.Write(
                command.Definition is { } definition ? HelpText.Of(definition, GlobalOptions.All) : ProgramHelp());
            return ExitCode.Done;
        }

        if (command.Has(GlobalOptions.Version))
        {
            terminal.Out.WriteLine(
                command.Has(GlobalOptions.Json)
                    ? JsonText.Line(writer => writer.WriteString("version", Version))
                    : $"savevm {Version}");
            return ExitCode.Done;
        }

        terminal.Error.Write(ProgramHelp());
        return ExitCode.WrongUsage;
    }

    private static string ProgramHelp() => HelpText.OfProgram(CommandTable.All, GlobalOptions.All, CommandTable.Example);

    private static string WhatFailed(ParsedCommand? command)
    {
        if (command?.Definition is not { } definition)
        {
            return "savevm";
        }

        IEnumerable<string> words = definition.Arguments.SelectMany(command.All).Take(1);
        return string.Join(' ', words.Prepend(definition.Name));
    }

    /// <summary>Says what failed, for people and, with <c>--json</c>, for programs; returns the exit code.</summary>
    internal static ExitCode Report(SavevmException failure, IReadOnlyList<string> words, Terminal terminal)
    {
        // Asked of the words: they may be the very thing that could not be parsed.
        List<string> own = [.. words.TakeWhile(word => word != "--")];
        if (own.Contains(GlobalOptions.Json.Name))
        {
            terminal.Out.WriteLine(FailureJson.Message(failure));
        }

        string prefix = terminal.HasColour ? $"{Red}savevm:{Plain}" : "savevm:";
        string what = failure.What == "savevm" ? "" : $" {failure.What}:";
        terminal.Error.WriteLine($"{prefix}{what} {failure.Why}");
        if (failure.Hint is { } hint)
        {
            terminal.Error.WriteLine($"hint: {hint}");
        }

        if (own.Contains(GlobalOptions.Debug.Name))
        {
            terminal.Error.WriteLine(failure.ToString());
        }

        return failure.Code;
    }
}
