using Savevm.Cli.CommandLine;

namespace Savevm.Cli.Detached;

/// <summary>The process that keeps a lazily resumed guest's monitor: a command that people do not type.</summary>
internal static class KeepMonitorCommand
{
    internal const string Verb = "keep-monitor";

    internal static CommandDefinition Definition { get; } = new(
        Verb,
        "keep the monitor of a guest that waits for RAM",
        "Started by savevm resume; not for people. It gives the monitor to savevm resume --recover.",
        "$ savevm resume web",
        static _ =>
        {
            MonitorKeeper.Serve();
            return Task.FromResult(ExitCode.Done);
        })
    {
        IsHidden = true,
    };
}
