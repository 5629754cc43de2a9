using System.Text;

namespace Savevm.Cli.CommandLine;

/// <summary>Prints shell completions from the definitions. Names of snapshots are asked of <c>savevm list --names</c> when they are needed.</summary>
public static class CompletionScript
{
    private const string ListNames = "savevm list --names 2>/dev/null";

    /// <summary>The shells there is a script for.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The script for one shell.</summary>
    public static string For(string shell, IReadOnlyList<CommandDefinition> commands, IReadOnlyList<OptionDefinition> globalOptions)
    {
        CommandDefinition[] shown = [.. commands.Where(command => !command.IsHidden)];
        return shell switch
        {
            "bash" => Bash(shown, globalOptions),
            "zsh" => Zsh(shown, globalOptions),
            "fish" => Fish(shown, globalOptions),
            _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "no completion for this shell"),
        };
    }

    private static string Bash(CommandDefinition[] commands, IReadOnlyList<OptionDefinition> globalOptions)
    {
        var text = new StringBuilder();
        text.Append(
            """
            # bash completion for savevm; put it into ~/.local/share/bash-completion/completions/savevm
            _savevm() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command="" i
                COMPREPLY=()
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case "${COMP_WORDS[i]}" in
                        --) return ;;

            """);
        text.Append($"            {string.Join('|', commands.Select(command => command.Name))}) command=\"${{command:-${{COMP_WORDS[i]}}}}\" ;;\n");
        text.Append("        esac\n    done\n    case \"$command $previous\" in\n");
        foreach (OptionDefinition option in globalOptions.Where(option => option.Kind != ValueKind.None))
        {
            text.Append($"        *\" {option.Name}\") {BashWords(option)}; return ;;\n");
        }

        foreach (CommandDefinition command in commands)
        {
            foreach (OptionDefinition option in command.Options.Where(option => option.Kind != ValueKind.None))
            {
                text.Append($"        \"{command.Name} {option.Name}\") {BashWords(option)}; return ;;\n");
            }
        }

        text.Append("    esac\n    case \"$command\" in\n");
        text.Append($"        '') COMPREPLY=($(compgen -W \"{string.Join(' ', commands.Select(command => command.Name))} ");
        text.Append($"{Names(globalOptions)}\" -- \"$current\")) ;;\n");
        foreach (CommandDefinition command in commands)
        {
            text.Append($"        {command.Name})\n            if [[ $current == -* ]]; then\n");
            text.Append($"                COMPREPLY=($(compgen -W \"{Names(command.Options.Concat(globalOptions))}\" -- \"$current\"))\n");
            text.Append("            else\n");
            string words = string.Join(' ', command.Arguments.SelectMany(ArgumentWords));
            text.Append(words.Length == 0
                ? "                COMPREPLY=()\n"
                : $"                COMPREPLY=($(compgen -W \"{words}\" -- \"$current\"))\n");
            text.Append("            fi ;;\n");
        }

        text.Append("    esac\n}\ncomplete -F _savevm savevm\n");
        return text.ToString();
    }

    private static string BashWords(OptionDefinition option) =>
        option.Kind switch
        {
            ValueKind.Choice => $"COMPREPLY=($(compgen -W \"{string.Join(' ', option.Choices)}\" -- \"$current\"))",
            ValueKind.File => "COMPREPLY=($(compgen -f -- \"$current\"))",
            ValueKind.Folder => "COMPREPLY=($(compgen -d -- \"$current\"))",
            ValueKind.Snapshot => $"COMPREPLY=($(compgen -W \"$({ListNames})\" -- \"$current\"))",
            _ => "COMPREPLY=()",
        };

    private static string Zsh(CommandDefinition[] commands, IReadOnlyList<OptionDefinition> globalOptions)
    {
        var text = new StringBuilder();
        text.Append(
            """
            #compdef savevm
            # zsh completion for savevm; put it into a folder of $fpath as _savevm
            _savevm_snapshots() { compadd -- ${(f)"$(savevm list --names 2>/dev/null)"} }
            _savevm() {
                local curcontext="$curcontext" state line
                _arguments -C \

            """);
        foreach (OptionDefinition option in globalOptions)
        {
            text.Append($"        {ZshOption(option)} \\\n");
        }

        text.Append("        '1:command:->command' '*::argument:->argument'\n    case $state in\n        command) _values command \\\n");
        text.Append(string.Join(" \\\n", commands.Select(command => $"            '{command.Name}[{ZshText(command.Summary)}]'")));
        text.Append(" ;;\n        argument) case $line[1] in\n");
        foreach (CommandDefinition command in commands)
        {
            IEnumerable<string> lines = command.Options.Concat(globalOptions).Select(ZshOption).Concat(command.Arguments.Select(ZshArgument));
            text.Append($"            {command.Name}) _arguments \\\n                {string.Join(" \\\n                ", lines)} ;;\n");
        }

        text.Append("        esac ;;\n    esac\n}\nif [ \"$funcstack[1]\" = _savevm ]; then _savevm \"$@\"; else compdef _savevm savevm; fi\n");
        return text.ToString();
    }

    private static string ZshOption(OptionDefinition option)
    {
        string repeat = option.IsRepeatable ? "*" : "";
        string value = option.Kind == ValueKind.None ? "" : $":{ZshText(option.ValueName ?? "value")}:{ZshAction(option.Kind, option.Choices)}";
        return $"'{repeat}{option.Name}[{ZshText(option.Summary)}]{value}'";
    }

    private static string ZshArgument(ArgumentDefinition argument) =>
        $"'{(argument.IsRepeatable ? "*" : "")}:{ZshText(argument.Name)}:{ZshAction(argument.Kind, argument.Choices)}'";

    private static string ZshAction(ValueKind kind, IReadOnlyList<string> choices) =>
        kind switch
        {
            ValueKind.Choice => $"({string.Join(' ', choices)})",
            ValueKind.File => "_files",
            ValueKind.Folder => "_files -/",
            ValueKind.Snapshot => "_savevm_snapshots",
            _ => " ",
        };

    private static string ZshText(string text) =>
        text.Replace("'", "'\\''", StringComparison.Ordinal)
            .Replace("[", "\\[", StringComparison.Ordinal)
            .Replace("]", "\\]", StringComparison.Ordinal)
            .Replace(":", "\\:", StringComparison.Ordinal);

    private static string Fish(CommandDefinition[] commands, IReadOnlyList<OptionDefinition> globalOptions)
    {
        var text = new StringBuilder("# fish completion for savevm; put it into ~/.config/fish/completions/savevm.fish\ncomplete -c savevm -f\n");
        foreach (CommandDefinition command in commands)
        {
            text.Append($"complete -c savevm -n __fish_use_subcommand -a {command.Name} -d '{FishText(command.Summary)}'\n");
        }

        foreach (OptionDefinition option in globalOptions)
        {
            text.Append("complete -c savevm ").Append(FishOption(option));
        }

        foreach (CommandDefinition command in commands)
        {
            string when = $"complete -c savevm -n '__fish_seen_subcommand_from {command.Name}' ";
            foreach (OptionDefinition option in command.Options)
            {
                text.Append(when).Append(FishOption(option));
            }

            foreach (ArgumentDefinition argument in command.Arguments)
            {
                string words = argument.Kind == ValueKind.Snapshot ? $"({ListNames})" : string.Join(' ', argument.Choices);
                if (words.Length > 0)
                {
                    text.Append(when).Append($"-a '{words}'\n");
                }
            }
        }

        return text.ToString();
    }

    private static string FishOption(OptionDefinition option)
    {
        string value = option.Kind switch
        {
            ValueKind.None => "",
            ValueKind.Choice => $" -x -a '{string.Join(' ', option.Choices)}'",
            ValueKind.File => " -r -F",
            ValueKind.Folder => " -x -a '(__fish_complete_directories)'",
            ValueKind.Snapshot => $" -x -a '({ListNames})'",
            _ => " -x",
        };
        return $"-l {option.Name.TrimStart('-')}{value} -d '{FishText(option.Summary)}'\n";
    }

    private static string FishText(string text) => text.Replace("'", "\\'", StringComparison.Ordinal);

    private static string Names(IEnumerable<OptionDefinition> options) => string.Join(' ', options.Select(option => option.Name));

    private static IEnumerable<string> ArgumentWords(ArgumentDefinition argument) =>
        argument.Kind == ValueKind.Snapshot ? [$"$({ListNames})"] : argument.Choices;
}
