namespace Savevm.Qemu.CommandLine;

/// <summary>A command line that can be started beside, or after, the one it was made from.</summary>
/// <param name="Arguments">The words after the program's own.</param>
/// <param name="WorkingDirectory">The folder to start in.</param>
/// <param name="Replaced">
/// What was made fresh: the address or path as recorded (relative ones completed) to the new one. New sockets and files are in the
/// run directory; new ports are on the host's own address.
/// </param>
/// <param name="Notes">What a user should know, one sentence each: what was dropped, what is shared with the recorded QEMU.</param>
/// <param name="UserMonitorPath">The QMP socket that is free for the guest's user; null where none was wanted.</param>
public sealed record RebuiltCommandLine(
    IReadOnlyList<string> Arguments,
    string WorkingDirectory,
    IReadOnlyDictionary<string, string> Replaced,
    IReadOnlyList<string> Notes,
    string? UserMonitorPath)
{
    /// <summary>The name that the guest's QEMU is given; null where it gets none.</summary>
    public string? GuestName { get; init; }
}
