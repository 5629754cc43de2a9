using Savevm.Cli.CommandLine;
using Savevm.Cli.Commands;

namespace Savevm.Cli.Tests.CommandLine;

public sealed class HelpTextTests
{
    public static TheoryData<string> Commands => [.. CommandTable.All.Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_of_a_command_names_all_it_takes_and_ends_with_an_example(string name)
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync(name, "--help"));
        CommandDefinition command = CommandTable.All.Single(command => command.Name == name);
        Assert.StartsWith($"Usage: savevm {name}", screen.Out, StringComparison.Ordinal);
        foreach (OptionDefinition option in command.Options.Concat(GlobalOptions.All))
        {
            Assert.Contains(option.Usage, screen.Out, StringComparison.Ordinal);
        }

        foreach (ArgumentDefinition argument in command.Arguments)
        {
            Assert.Contains(argument.Name, screen.Out, StringComparison.Ordinal);
        }

        string[] example = command.Example.Split('\n');
        Assert.StartsWith("$ ", example[0], StringComparison.Ordinal);
        Assert.EndsWith($"\nExample:\n{string.Concat(example.Select(line => $"  {line}\n"))}", screen.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_example_of_a_command_is_a_command_line_that_parses(string name)
    {
        CommandDefinition command = CommandTable.All.Single(command => command.Name == name);
        string line = command.Example.Split('\n')[0];
        string[] words = line.Replace("source <(", "", StringComparison.Ordinal).TrimEnd(')').Split(' ');
        Assert.Equal(["$", "savevm"], words[..2]);
        ParsedCommand parsed = CommandLineProgram.Parse(words[2..]);
        Assert.Equal(command.IsHidden ? "resume" : name, parsed.Definition?.Name);
    }

    [Fact]
    public async Task Help_of_the_program_lists_every_command_and_no_hidden_one()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync("--help"));
        foreach (CommandDefinition command in CommandTable.All)
        {
            Assert.Equal(!command.IsHidden, screen.Out.Contains($"\n  {command.Name} ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task No_words_at_all_is_wrong_usage_and_prints_help_on_stderr()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.WrongUsage, await screen.RunAsync());
        Assert.Empty(screen.Out);
        Assert.Contains("Commands:", screen.Error, StringComparison.Ordinal);
    }
}
