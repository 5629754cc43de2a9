namespace Savevm;

/// <summary>Everything <c>savevm show</c> tells of a snapshot.</summary>
public sealed record SnapshotDetails
{
    /// <summary>What a list tells.</summary>
    public required SnapshotSummary Summary { get; init; }

    /// <summary>The folder it is in.</summary>
    public required string Path { get; init; }

    /// <summary>Its RAM blocks, in the order of the stream.</summary>
    public required IReadOnlyList<SnapshotRamBlock> RamBlocks { get; init; }

    /// <summary>Its device sections, in the order of the stream.</summary>
    public required IReadOnlyList<SnapshotSection> Sections { get; init; }

    /// <summary>Its disks.</summary>
    public IReadOnlyList<SnapshotDisk> Disks { get; init; } = [];

    /// <summary>The guests of this user that run from it, in the order in which they were started.</summary>
    public IReadOnlyList<RunningGuest> Guests { get; init; } = [];

    /// <summary>The command line of the machine as it was captured; empty when it is not known.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>How it differs from the one that the QEMU was started with, one sentence each.</summary>
    public IReadOnlyList<string> Corrections { get; init; } = [];

    /// <summary>The emulator that was captured; null when it is not known.</summary>
    public string? Emulator { get; init; }

    /// <summary>What resumed guests asked for; null when no lazy resume has left anything.</summary>
    public SnapshotWorkingSet? WorkingSet { get; init; }
}
