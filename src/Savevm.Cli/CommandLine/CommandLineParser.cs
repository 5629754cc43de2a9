using System.CommandLine;

namespace Savevm.Cli.CommandLine;

/// <summary>
/// Sorts words by the definitions. The tokens are System.CommandLine's business; what is required, what may be chosen, help and the words
/// of errors come from the definitions.
/// </summary>
public sealed class CommandLineParser
{
    private readonly IReadOnlyList<CommandDefinition> _commands;
    private readonly RootCommand _root = new();
    private readonly Dictionary<Command, Symbols> _symbols = [];
    private readonly List<(OptionDefinition Definition, Option Symbol)> _global = [];

    /// <summary>Makes the parser of these commands, with the global options on each.</summary>
    public CommandLineParser(IReadOnlyList<CommandDefinition> commands, IReadOnlyList<OptionDefinition> globalOptions)
    {
        _commands = commands;
        _root.Options.Clear();
        _root.Directives.Clear();
        foreach (OptionDefinition definition in globalOptions)
        {
            Option option = SymbolOf(definition);
            option.Recursive = true;
            _root.Options.Add(option);
            _global.Add((definition, option));
        }

        foreach (CommandDefinition definition in commands)
        {
            var symbols = new Symbols(definition, [], []);
            var command = new Command(definition.Name);
            foreach (ArgumentDefinition argument in definition.Arguments)
            {
                // Zero or one, whatever is required: a missing word is reported in our own words.
                Argument symbol = argument.IsRepeatable
                    ? new Argument<string[]>(argument.Name) { Arity = ArgumentArity.ZeroOrMore }
                    : new Argument<string>(argument.Name) { Arity = ArgumentArity.ZeroOrOne };
                command.Arguments.Add(symbol);
                symbols.Arguments.Add((argument, symbol));
            }

            foreach (OptionDefinition option in definition.Options)
            {
                Option symbol = SymbolOf(option);
                command.Options.Add(symbol);
                symbols.Options.Add((option, symbol));
            }

            _symbols.Add(command, symbols);
            _root.Subcommands.Add(command);
        }
    }

    /// <summary>Sorts words.</summary>
    /// <param name="words">The command line without the program's name.</param>
    /// <param name="helpOption">When it was given, nothing else is required.</param>
    /// <exception cref="UsageException">The words do not fit; the message says which, the hint what would.</exception>
    public ParsedCommand Parse(IReadOnlyList<string> words, OptionDefinition helpOption)
    {
        (string[] own, string[]? rest) = SplitRest(words);
        // No response files: a snapshot may be called @web.
        ParseResult result = _root.Parse(own, new ParserConfiguration { ResponseFileTokenReplacer = null });
        Symbols? symbols = _symbols.GetValueOrDefault(result.CommandResult.Command);
        CommandDefinition? command = symbols?.Definition;

        var values = new Dictionary<string, IReadOnlyList<string>>();
        Collect(result, _global, values);
        if (symbols is not null)
        {
            Collect(result, symbols.Options, values);
            foreach ((ArgumentDefinition argument, Argument symbol) in symbols.Arguments)
            {
                if (result.GetResult(symbol) is { Tokens.Count: > 0 } given)
                {
                    values[argument.Name] = [.. given.Tokens.Select(token => token.Value)];
                }
            }
        }

        var parsed = new ParsedCommand(command, values, rest);
        if (!parsed.Has(helpOption))
        {
            RefuseUnmatched(result, parsed, command);
            RefuseWrongCounts(parsed, command);
            RefuseWrongChoices(parsed, command);
            if (result.Errors.Count > 0 && command is not null)
            {
                throw new UsageException(command.Name, Fragment(result.Errors[0].Message), HintAt(command));
            }
        }

        return parsed;
    }

    private static (string[] Own, string[]? AfterDashes) SplitRest(IReadOnlyList<string> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] == "--")
            {
                return ([.. words.Take(i)], [.. words.Skip(i + 1)]);
            }
        }

        return ([.. words], null);
    }

    private static Option SymbolOf(OptionDefinition definition)
    {
        // One value per use, counted below: System.CommandLine would otherwise eat the words that follow.
        Option option = definition.Kind == ValueKind.None
            ? new Option<bool>(definition.Name) { Arity = ArgumentArity.Zero }
            : new Option<string[]>(definition.Name) { Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
        if (definition.Alias is { } alias)
        {
            option.Aliases.Add(alias);
        }

        return option;
    }

    private static void Collect(
        ParseResult result,
        List<(OptionDefinition Definition, Option Symbol)> options,
        Dictionary<string, IReadOnlyList<string>> values)
    {
        foreach ((OptionDefinition definition, Option symbol) in options)
        {
            if (result.GetResult(symbol) is not { Implicit: false } given)
            {
                continue;
            }

            // System.CommandLine takes an unknown option for the value of the one before it.
            bool needsValue = definition.Kind != ValueKind.None;
            if (needsValue && (given.Tokens.Count == 0 || given.Tokens.Any(token => token.Value.StartsWith("--", StringComparison.Ordinal))))
            {
                throw new UsageException(definition.Name, "needs a value", $"write {definition.Usage}");
            }

            values[definition.Name] = [.. given.Tokens.Select(token => token.Value)];
        }
    }

    private void RefuseUnmatched(ParseResult result, ParsedCommand parsed, CommandDefinition? command)
    {
        // System.CommandLine also takes an unknown option for an argument.
        string? word = (command?.Arguments ?? [])
            .SelectMany(parsed.All)
            .Concat(result.UnmatchedTokens)
            .OrderByDescending(IsOption)
            .FirstOrDefault(word => IsOption(word) || result.UnmatchedTokens.Contains(word));
        if (word is null)
        {
            return;
        }

        if (IsOption(word))
        {
            string name = word.Split('=')[0];
            IEnumerable<OptionDefinition> options = _global.Select(option => option.Definition).Concat(command?.Options ?? []);
            string? near = Suggestion.Nearest(name, options.Select(option => option.Name));
            throw new UsageException(
                command?.Name ?? "savevm",
                $"there is no option {name}",
                near is null ? HintAt(command) : $"did you mean {near}?");
        }

        if (command is null)
        {
            string? near = Suggestion.Nearest(word, _commands.Where(known => !known.IsHidden).Select(known => known.Name));
            throw new UsageException("savevm", $"there is no command '{word}'", near is null ? HintAt(null) : $"did you mean savevm {near}?");
        }

        throw new UsageException(
            $"savevm {command.Name}",
            $"does not know what to do with '{word}'",
            command.RestName is null ? HintAt(command) : $"words for QEMU come after --: {HelpText.UsageLine(command)}");
    }

    private void RefuseWrongCounts(ParsedCommand parsed, CommandDefinition? command)
    {
        foreach (OptionDefinition option in _global.Select(option => option.Definition).Concat(command?.Options ?? []))
        {
            if (!option.IsRepeatable && parsed.All(option).Count > 1)
            {
                throw new UsageException(option.Name, $"was given {parsed.All(option).Count} times", "give it once");
            }
        }

        if (command is null)
        {
            return;
        }

        foreach (ArgumentDefinition argument in command.Arguments)
        {
            if (!argument.IsOptional && parsed.All(argument).Count == 0)
            {
                throw new UsageException(command.Name, $"{argument.Name} is missing", $"usage: {HelpText.UsageLine(command)}");
            }
        }

        if (parsed.Rest is not null && command.RestName is null)
        {
            throw new UsageException(command.Name, "takes nothing after --", HintAt(command));
        }
    }

    private static void RefuseWrongChoices(ParsedCommand parsed, CommandDefinition? command)
    {
        foreach (OptionDefinition option in command?.Options ?? [])
        {
            Refuse(option.Name, option.Choices, parsed.All(option));
        }

        foreach (ArgumentDefinition argument in command?.Arguments ?? [])
        {
            Refuse(command!.Name, argument.Choices, parsed.All(argument));
        }

        static void Refuse(string what, IReadOnlyList<string> choices, IReadOnlyList<string> words)
        {
            if (choices.Count > 0 && words.FirstOrDefault(word => !choices.Contains(word)) is { } wrong)
            {
                string? near = Suggestion.Nearest(wrong, choices);
                throw new UsageException(
                    what,
                    $"'{wrong}' is not one of {string.Join(", ", choices)}",
                    near is null ? null : $"did you mean {near}?");
            }
        }
    }

    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-';

    private static string HintAt(CommandDefinition? command) =>
        command is null ? "savevm --help lists the commands" : $"savevm {command.Name} --help lists the options";

    private static string Fragment(string sentence) =>
        sentence.Length == 0 ? sentence : char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.');

    private sealed record Symbols(
        CommandDefinition Definition,
        List<(OptionDefinition Definition, Option Symbol)> Options,
        List<(ArgumentDefinition Definition, Argument Symbol)> Arguments);
}
