using System.Diagnostics;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Commands;

namespace Savevm.Cli.Tests.CommandLine;

public sealed class CompletionScriptTests
{
    public static TheoryData<string> Shells => [.. CompletionScript.Shells];

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task A_script_offers_every_command_option_and_choice(string shell)
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync("completion", shell));
        foreach (CommandDefinition command in CommandTable.All)
        {
            Assert.Equal(!command.IsHidden, screen.Out.Contains(command.Name, StringComparison.Ordinal));
            foreach (OptionDefinition option in command.Options.Concat(GlobalOptions.All))
            {
                string spelled = shell == "fish" ? $"-l {option.Name[2..]} " : option.Name;
                Assert.Contains(spelled, screen.Out, StringComparison.Ordinal);
                Assert.Contains(string.Join(' ', option.Choices), screen.Out, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("savevm ca", "capture")]
    [InlineData("savevm capture web --mo", "--mode")]
    [InlineData("savevm capture web --mode b", "background")]
    [InlineData("savevm resume web --mode c", "clone")]
    [InlineData("savevm --json res", "resume")]
    [InlineData("savevm resume web -- --mo", "")]
    public void Bash_completes_what_was_begun(string line, string completed)
    {
        string script = CompletionScript.For("bash", CommandTable.All, GlobalOptions.All);
        string[] words = line.Split(' ');
        string test = $"""
            {script}
            COMP_WORDS=({string.Join(' ', words)}); COMP_CWORD={words.Length - 1}
            _savevm
            echo "=${"{COMPREPLY[*]}"}"
            """;
        var start = new ProcessStartInfo("bash", ["-c", test]) { RedirectStandardOutput = true };
        using Process bash = Process.Start(start)!;
        Assert.Equal($"={completed}\n", bash.StandardOutput.ReadToEnd());
    }
}
