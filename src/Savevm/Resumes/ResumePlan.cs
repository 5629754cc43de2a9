using Savevm.Qemu.CommandLine.Settings;
using Savevm.Recorded;
using Savevm.Repository.Snapshots;

namespace Savevm.Resumes;

/// <summary>What all guests of one resume have in common, decided before anything is started.</summary>
internal sealed record ResumePlan
{
    /// <summary>What was asked for.</summary>
    public required ResumeRequest Request { get; init; }

    /// <summary>The snapshot; open for as long as pages are served.</summary>
    public required Snapshot Snapshot { get; init; }

    /// <summary>The machine as it was captured.</summary>
    public required RecordedMachine Machine { get; init; }

    /// <summary>How; never auto.</summary>
    public required ResumeMode Mode { get; init; }

    /// <summary>The disks that each guest gets overlays of; checked.</summary>
    public IReadOnlyList<RecordedDisk> Disks { get; init; } = [];

    /// <summary>Why so, in a sentence fragment; null where the user asked for it.</summary>
    public string? ModeReason { get; init; }

    /// <summary>The user's wishes about the command line.</summary>
    public IReadOnlyList<Setting> Settings { get; init; } = [];

    /// <summary>What tells the snapshot from every other.</summary>
    public string? SnapshotIdentity { get; init; }

    /// <summary>The emulator to start; null for a QEMU that the user started.</summary>
    public EmulatorChoice? Emulator { get; init; }

    /// <summary>
    /// The idstr of main RAM. A snapshot that came over <c>--listen</c> does not say it: there it is the largest block.
    /// </summary>
    public string? MainRamId => Machine.MainRamId ?? (Machine.MemoryBackends.Count == 0 ? Snapshot.Ram.Blocks.MaxBy(block => block.UsedLength)?.IdStr : null);

    /// <summary>The guest ran when its capture began, so it runs when it is back.</summary>
    public bool GuestRan => Snapshot.Manifest.RunState == "running";
}
