using System.Text;

namespace Savevm.Cli.CommandLine;

/// <summary>Prints the definitions for people.</summary>
public static class HelpText
{
    private const int Width = 100;

    /// <summary>One line: <c>savevm resume NAME [OPTIONS] [-- QEMU ARGS...]</c>.</summary>
    public static string UsageLine(CommandDefinition command)
    {
        var line = new StringBuilder("savevm ").Append(command.Name);
        foreach (ArgumentDefinition argument in command.Arguments)
        {
            line.Append(' ').Append(argument.Usage);
        }

        line.Append(" [OPTIONS]");
        if (command.RestName is { } rest)
        {
            line.Append(" [-- ").Append(rest).Append("...]");
        }

        return line.ToString();
    }

    /// <summary>Help of the program: its commands and the options that all of them take.</summary>
    public static string OfProgram(IEnumerable<CommandDefinition> commands, IEnumerable<OptionDefinition> globalOptions, string example)
    {
        var text = new StringBuilder();
        text.Append("Captures a running QEMU guest into a snapshot, and brings it back at once.\n\n");
        text.Append("Usage: savevm COMMAND [OPTIONS]\n\nCommands:\n");
        Rows(text, commands.Where(command => !command.IsHidden).Select(command => (command.Name, command.Summary)));
        text.Append("\nOptions of every command:\n");
        Rows(text, globalOptions.Select(option => (Usage(option), option.Summary)));
        text.Append("\nsavevm COMMAND --help tells more about a command.\n");
        Example(text, example);
        return text.ToString();
    }

    /// <summary>Help of one command; ends with its example.</summary>
    public static string Of(CommandDefinition command, IEnumerable<OptionDefinition> globalOptions)
    {
        var text = new StringBuilder();
        text.Append("Usage: ").Append(UsageLine(command)).Append("\n\n");
        Wrap(text, command.Description, 0);
        if (command.Arguments.Count > 0)
        {
            text.Append("\nArguments:\n");
            Rows(text, command.Arguments.Select(argument => (argument.Name, argument.Summary)));
        }

        if (command.Options.Count > 0)
        {
            text.Append("\nOptions:\n");
            Rows(text, command.Options.Select(option => (Usage(option), option.Summary)));
        }

        text.Append("\nOptions of every command:\n");
        Rows(text, globalOptions.Select(option => (Usage(option), option.Summary)));
        Example(text, command.Example);
        return text.ToString();
    }

    private static string Usage(OptionDefinition option) =>
        (option.Alias is { } alias ? alias + ", " : "") + option.Usage + (option.IsRepeatable ? "..." : "");

    private static void Example(StringBuilder text, string example)
    {
        text.Append("\nExample:\n");
        foreach (string line in example.Split('\n'))
        {
            text.Append("  ").Append(line).Append('\n');
        }
    }

    private static void Rows(StringBuilder text, IEnumerable<(string Name, string Summary)> rows)
    {
        const int WidestName = 30;
        (string Name, string Summary)[] all = [.. rows];
        int column = all.Where(row => row.Name.Length <= WidestName).Select(row => row.Name.Length).DefaultIfEmpty(0).Max() + 4;
        foreach ((string name, string summary) in all)
        {
            text.Append("  ").Append(name);
            if (name.Length + 4 > column)
            {
                text.Append('\n').Append(' ', column);
            }
            else
            {
                text.Append(' ', column - name.Length - 2);
            }

            Wrap(text, summary, column);
        }
    }

    private static void Wrap(StringBuilder text, string sentence, int indent)
    {
        int at = indent;
        foreach (string word in sentence.Split(' '))
        {
            if (at > indent && at + 1 + word.Length > Width)
            {
                text.Append('\n').Append(' ', indent);
                at = indent;
            }
            else if (at > indent)
            {
                text.Append(' ');
                at++;
            }

            text.Append(word);
            at += word.Length;
        }

        text.Append('\n');
    }
}
