namespace Savevm.Qemu.CommandLine;

/// <summary>A recorded command line cannot be started a second time as it is. Nothing was started.</summary>
public sealed class CommandLineRefusedException : QemuException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What stands in the way.</param>
    /// <param name="reasons">Each obstacle, one sentence; empty where the message says it all.</param>
    public CommandLineRefusedException(string message, IReadOnlyList<string> reasons)
        : base(reasons.Count == 0 ? message : $"{message}: {string.Join("; ", reasons)}", "give the command line yourself after --")
    {
        Reasons = reasons;
    }

    /// <summary>Each obstacle, one sentence.</summary>
    public IReadOnlyList<string> Reasons { get; }
}
