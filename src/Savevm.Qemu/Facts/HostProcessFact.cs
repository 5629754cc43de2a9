namespace Savevm.Qemu.Facts;

/// <summary>The process of a live QEMU, as the host's kernel tells it.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="StartTime">When it started, in clock ticks since the machine did; with the id it names one process for ever.</param>
/// <param name="Executable">The program's path; null where only its user may see it.</param>
/// <param name="Arguments">The command line, <c>argv[0]</c> first; empty where it cannot be read.</param>
/// <param name="WorkingDirectory">Its current folder; null where only its user may see it.</param>
/// <param name="Environment">What of its environment a second QEMU needs: where libraries and modules are found.</param>
public sealed record HostProcessFact(
    int ProcessId,
    long StartTime,
    string? Executable,
    IReadOnlyList<string> Arguments,
    string? WorkingDirectory,
    IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>The variables that are recorded.</summary>
    public static IReadOnlyList<string> RecordedVariables { get; } = ["LD_LIBRARY_PATH", "QEMU_MODULE_DIR"];

    /// <summary>Reads it; null when there is no such process.</summary>
    public static HostProcessFact? Read(int processId)
    {
        if (Savevm.Linux.Processes.ProcessInfo.Read(processId) is not { } info)
        {
            return null;
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in RecordedVariables)
        {
            if (info.Environment?.TryGetValue(name, out var value) == true)
            {
                environment[name] = value;
            }
        }

        return new HostProcessFact(processId, info.StartTime, info.Executable, info.Arguments, info.WorkingDirectory, environment);
    }
}
