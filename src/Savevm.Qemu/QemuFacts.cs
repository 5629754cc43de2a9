using Savevm.Qemu.Disks;
using Savevm.Qemu.Facts;

namespace Savevm.Qemu;

/// <summary>What a live QEMU said of itself when it was asked. What it would not say is null or empty.</summary>
public sealed record QemuFacts
{
    /// <summary>Its version, such as <c>7.2.22</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The distributor's own version text; may be empty.</summary>
    public string Package { get; init; } = string.Empty;

    /// <summary>The versioned machine type, such as <c>pc-i440fx-7.2</c>; never an alias.</summary>
    public required string MachineType { get; init; }

    /// <summary>The accelerator in use: <c>kvm</c> or <c>tcg</c>.</summary>
    public required string Accelerator { get; init; }

    /// <summary>The size of main memory in bytes, without hot-plugged memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The number of virtual processors.</summary>
    public int CpuCount { get; init; }

    /// <summary>The threads of its virtual processors, by the ids that its own pid namespace gives them.</summary>
    public IReadOnlyList<int> CpuThreads { get; init; } = [];

    /// <summary>The idstr of the main RAM block, such as <c>pc.ram</c>; null where it is not one block (NUMA).</summary>
    public string? MainRamId { get; init; }

    /// <summary>Its memory backends.</summary>
    public IReadOnlyList<MemoryBackendFact> MemoryBackends { get; init; } = [];

    /// <summary>The id of the memory backend behind it, whoever made it; null where there is none.</summary>
    public string? MainRamBackend { get; init; }

    /// <summary>What the machine consists of now.</summary>
    public MachinePartsFact Parts { get; init; } = new();

    /// <summary>The run state as <c>query-status</c> spells it.</summary>
    public required string RunState { get; init; }

    /// <summary>The guest runs.</summary>
    public required bool IsRunning { get; init; }

    /// <summary>Its migration capabilities and whether they are on.</summary>
    public IReadOnlyDictionary<string, bool> Capabilities { get; init; } = new Dictionary<string, bool>();

    /// <summary>Its migration parameters; values as JSON texts.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The QMP commands it offers.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>The properties of its <c>memory-backend-file</c>.</summary>
    public IReadOnlyList<string> FileBackendProperties { get; init; } = [];

    /// <summary>Its disks, drives without a medium among them.</summary>
    public IReadOnlyList<AttachedDisk> Disks { get; init; } = [];

    /// <summary>Disks on which a block job runs (a backup, a mirror), by the job's own name.</summary>
    public IReadOnlyList<string> BlockJobs { get; init; } = [];

    /// <summary>Why it cannot be migrated at present, in its own words; empty where nothing stands in the way.</summary>
    public IReadOnlyList<string> MigrationBlockers { get; init; } = [];

    /// <summary>The guest's name.</summary>
    public string? Name { get; init; }

    /// <summary>The guest's UUID; null where none was given.</summary>
    public string? Uuid { get; init; }

    /// <summary>Its process; null where it is in another pid namespace.</summary>
    public HostProcessFact? Process { get; init; }

    /// <summary>Its <c>memory-backend-file</c> can map RAM from a file that nobody may write.</summary>
    public bool CanMapReadOnlyImages => FileBackendProperties.Contains("rom");

    /// <summary>Whether its release is older than the given one.</summary>
    public bool IsOlderThan(int major, int minor) =>
        System.Version.TryParse(Version, out var own) && (own.Major, own.Minor).CompareTo((major, minor)) < 0;
}
