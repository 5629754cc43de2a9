using System.Text.Json.Nodes;
using Savevm.Qemu;

namespace Savevm.Recorded;

/// <summary>What a snapshot's manifest says about the machine; the fields of <c>machine</c> in docs/snapshot-format.md.</summary>
internal sealed record RecordedMachine
{
    /// <summary>The versioned machine type, such as <c>pc-i440fx-7.2</c>; null when it is not known.</summary>
    public string? Type { get; init; }

    /// <summary><c>kvm</c> or <c>tcg</c>; null when it is not known.</summary>
    public string? Accelerator { get; init; }

    /// <summary>Main RAM in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Number of virtual processors.</summary>
    public long? CpuCount { get; init; }

    /// <summary>The idstr of the main RAM block, when the machine has one block for it.</summary>
    public string? MainRamId { get; init; }

    /// <summary>Ids of the memory backends, main RAM included.</summary>
    public IReadOnlyList<string> MemoryBackends { get; init; } = [];

    /// <summary>The guest's name.</summary>
    public string? Name { get; init; }

    /// <summary>The guest's uuid.</summary>
    public string? Uuid { get; init; }

    public static RecordedMachine From(QemuFacts facts) => new()
    {
        Type = facts.MachineType,
        Accelerator = facts.Accelerator,
        MemoryBytes = facts.MemoryBytes,
        CpuCount = facts.CpuCount,
        MainRamId = facts.MainRamId,
        MemoryBackends = [.. facts.MemoryBackends.Select(backend => backend.Id).Where(id => id.Length > 0)],
        Name = facts.Name,
        Uuid = facts.Uuid,
    };

    public static RecordedMachine Parse(JsonObject json) => new()
    {
        Type = RecordedJson.Text(json, "machine_type"),
        Accelerator = RecordedJson.Text(json, "accelerator"),
        MemoryBytes = RecordedJson.Number(json, "memory_bytes"),
        CpuCount = RecordedJson.Number(json, "cpus"),
        MainRamId = RecordedJson.Text(json, "main_ram_id"),
        MemoryBackends = RecordedJson.Texts(json, "memory_backends"),
        Name = RecordedJson.Text(json, "name"),
        Uuid = RecordedJson.Text(json, "uuid"),
    };

    public JsonObject ToJson() => new()
    {
        ["machine_type"] = Type,
        ["accelerator"] = Accelerator,
        ["memory_bytes"] = MemoryBytes,
        ["cpus"] = CpuCount,
        ["main_ram_id"] = MainRamId,
        ["memory_backends"] = RecordedJson.Array(MemoryBackends),
        ["name"] = Name,
        ["uuid"] = Uuid,
    };
}
