using Savevm.Qemu.CommandLine.Settings;

namespace Savevm.Qemu.CommandLine;

/// <summary>What a second QEMU is to be started for, from the command line of the first.</summary>
public sealed record RebuildRequest
{
    /// <summary>The recorded words, the program's own first.</summary>
    public required IReadOnlyList<string> RecordedArguments { get; init; }

    /// <summary>The folder that relative names were looked up from.</summary>
    public required string RecordedWorkingDirectory { get; init; }

    /// <summary>Where fresh sockets, logs and pid files go; private to the new QEMU.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The number under which QEMU inherits the descriptor of our monitor.</summary>
    public required int MonitorDescriptor { get; init; }

    /// <summary>
    /// The words are the user's own for this guest: sockets, logs, ports and displays stay as he gave them, and none is added but our monitor.
    /// </summary>
    public bool KeepAddresses { get; init; }

    /// <summary>The versioned machine type, such as <c>pc-i440fx-7.2</c>; null leaves what was recorded.</summary>
    public string? MachineType { get; init; }

    /// <summary>The accelerator that was in use (<c>kvm</c>, <c>tcg</c>); null leaves what was recorded.</summary>
    public string? Accelerator { get; init; }

    /// <summary>The new QEMU is to load state: adds <c>-incoming defer</c>.</summary>
    public bool Incoming { get; init; } = true;

    /// <summary>The guest must not run by itself: adds <c>-S</c>.</summary>
    public bool StartPaused { get; init; }

    /// <summary>
    /// Pages will be loaded by demand: RAM must neither be populated beforehand nor mapped from a file. Implied by <see cref="Images"/>.
    /// </summary>
    public bool Lazy { get; init; }

    /// <summary>
    /// RAM images by the idstr of their RAM block, for a clone: the block is mapped copy-on-write from the file. Null otherwise.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Images { get; init; }

    /// <summary>The emulator can map a file that nobody may write (<c>rom=off</c>): 9.0 and newer.</summary>
    public bool ReadOnlyImages { get; init; }

    /// <summary>The idstr of the main RAM block; needed where <see cref="Images"/> has it and the command line names no backend.</summary>
    public string? MainRamId { get; init; }

    /// <summary>The size of main RAM in bytes; null takes it from <c>-m</c>.</summary>
    public long? MainRamBytes { get; init; }

    /// <summary>
    /// What stands in the place of disks: overlays of the new guest's own, other media. Disks that are not named are opened as recorded.
    /// Applied to a user's own command line as well.
    /// </summary>
    public IReadOnlyList<DiskReplacement>? Disks { get; init; }

    /// <summary>The number of the guest among those that are started together, from 1 on; null for one that is alone.</summary>
    public int? CloneNumber { get; init; }

    /// <summary>What clones are called, with their number, whose recorded command line names none.</summary>
    public string DefaultName { get; init; } = "clone";

    /// <summary>What the user wants to be otherwise.</summary>
    public IReadOnlyList<Setting> Settings { get; init; } = [];

    /// <summary>Holds the ports that are chosen here; null where nobody else starts anything meanwhile.</summary>
    public PortReservations? Ports { get; init; }

    /// <summary>Adds a QMP socket for the guest's user to the run directory.</summary>
    public bool UserMonitor { get; init; } = true;

    internal bool RamIsDemandLoaded => Lazy || Images is { Count: > 0 };
}
