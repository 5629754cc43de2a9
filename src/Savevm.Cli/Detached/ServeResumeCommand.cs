using Savevm.Cli.CommandLine;
using Savevm.Cli.Commands;
using Savevm.Cli.Output;

namespace Savevm.Cli.Detached;

/// <summary>
/// The background side of <c>resume --detach</c>: a command that people do not type. What follows its <c>--</c> is the command line of the
/// resume, word by word.
/// </summary>
internal static class ServeResumeCommand
{
    internal const string Verb = "serve-resume";

    internal static CommandDefinition Definition { get; } = new(
        Verb,
        "serve the RAM of a detached resume",
        "Started by savevm resume --detach; not for people.",
        "$ savevm resume web --detach",
        RunAsync)
    {
        RestName = "COMMAND LINE",
        IsHidden = true,
    };

    private static async Task<ExitCode> RunAsync(Invocation outer)
    {
        IReadOnlyList<string> words = outer.Command.Rest ?? [];
        ParsedCommand command = CommandLineProgram.Parse(words);
        if (command.Definition != ResumeCommand.Definition)
        {
            throw new UsageException(Verb, "only a resume can be served in the background");
        }

        var handOver = new HandOver(outer.Terminal.Out, ResumeCommand.GuestsOf(command));
        var terminal = new Terminal { Out = handOver.Out, Error = handOver.Error, OpenInput = outer.Terminal.OpenInput };
        Invocation invocation = new(command, words, terminal, outer.Operations, outer.Environment, outer.Interrupt);
        try
        {
            var observer = new ConsoleObserver(invocation.Pane, ResumeCommand.NameOf(invocation), invocation.IsJson, answers: null);
            ResumeReport report = await ResumeCommand.ResumeAsync(invocation, new DetachedObserver(observer, handOver), isBackground: true).ConfigureAwait(false);
            return report.Failures.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception exception)
        {
            SavevmException failure = Failure.From(exception, $"resume {ResumeCommand.NameOf(invocation)}");
            return CommandLineProgram.Report(failure, words, terminal);
        }
    }
}
