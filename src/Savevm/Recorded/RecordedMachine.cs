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

    /// <summary>The type of its processors, such as <c>qemu64-x86_64-cpu</c>.</summary>
    public string? CpuType { get; init; }

    /// <summary>The CPUID words of its first processor, one <c>leaf:index.register=value</c> each.</summary>
    public IReadOnlyList<string> CpuFeatureWords { get; init; } = [];

    /// <summary>Its RAM blocks, firmware included; empty when they are not known.</summary>
    public IReadOnlyList<RecordedBlock> RamBlocks { get; init; } = [];

    /// <summary>Its devices; empty when they are not known.</summary>
    public IReadOnlyList<RecordedDevice> Devices { get; init; } = [];

    /// <summary>The migration capabilities that its user had switched on.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

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
        CpuType = facts.Parts.CpuType,
        CpuFeatureWords = facts.Parts.CpuFeatureWords,
        RamBlocks = RecordedBlock.From(facts),
        Devices = RecordedDevice.From(facts.Parts),
        Capabilities = [.. facts.Capabilities.Where(capability => capability.Value).Select(capability => capability.Key).Order(StringComparer.Ordinal)],
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
        CpuType = RecordedJson.Text(json, "cpu_type"),
        CpuFeatureWords = RecordedJson.Texts(json, "cpu_feature_words"),
        RamBlocks = RecordedBlock.Parse(json),
        Devices = RecordedDevice.Parse(json),
        Capabilities = RecordedJson.Texts(json, "capabilities"),
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
        ["cpu_type"] = CpuType,
        ["cpu_feature_words"] = RecordedJson.Array(CpuFeatureWords),
        ["ram_blocks"] = RecordedBlock.ToJson(RamBlocks),
        ["devices"] = RecordedDevice.ToJson(Devices),
        ["capabilities"] = RecordedJson.Array(Capabilities),
        ["name"] = Name,
        ["uuid"] = Uuid,
    };
}
