namespace Savevm.Qemu;

/// <summary>Which QEMU to start, and how.</summary>
public sealed record QemuStart
{
    /// <summary>The emulator: a path, or a name that is searched in PATH.</summary>
    public required string Executable { get; init; }

    /// <summary>The words after the program's own; our monitor's descriptor (<see cref="QemuProcess.MonitorDescriptor"/>) is named in them.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The word in front of the arguments; null for <see cref="Executable"/>.</summary>
    public string? ProgramArgument { get; init; }

    /// <summary>The folder to start in; null for ours.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables that are set beside our own environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// It maps RAM images for writing and must not change them all the same. A private mapping takes care of the guest's writes; but what
    /// the guest gives back (a balloon), or QEMU lets go of (a migration with <c>release-ram</c>), releases before 8.1 punch out of the file.
    /// </summary>
    public bool ProtectImages { get; init; }

    /// <summary>Where QEMU's own output goes; null throws it away.</summary>
    public string? LogPath { get; init; }
}
