using System.Text.Json.Nodes;
using Savevm.Qemu;
using Savevm.Qemu.Facts;

namespace Savevm.Recorded;

/// <summary>A RAM block of the captured QEMU; an entry of <c>machine.ram_blocks</c> in docs/snapshot-format.md.</summary>
/// <param name="Name">Its idstr.</param>
/// <param name="Bytes">Its size when it was captured.</param>
/// <param name="MaximumBytes">What it can grow to.</param>
/// <param name="PageBytes">The size of the host's pages that it was made of.</param>
internal sealed record RecordedBlock(string Name, long Bytes, long MaximumBytes, long PageBytes)
{
    /// <summary>The type of the memory backend behind it, such as <c>memory-backend-memfd</c>; null for what has none.</summary>
    public string? Backend { get; init; }

    /// <summary>Other processes could map the same memory.</summary>
    public bool IsShared { get; init; }

    /// <summary>Where the guest has it, for memory that was plugged in; null for other blocks.</summary>
    public long? Address { get; init; }

    public static IReadOnlyList<RecordedBlock> From(QemuFacts facts) => [.. facts.Parts.RamBlocks.Select(block => From(block, facts))];

    public static IReadOnlyList<RecordedBlock> Parse(JsonObject machine) =>
        machine.TryGetPropertyValue("ram_blocks", out var node) && node is JsonArray array ? [.. array.OfType<JsonObject>().Select(ParseOne)] : [];

    public static JsonArray ToJson(IEnumerable<RecordedBlock> blocks)
    {
        var array = new JsonArray();
        foreach (var block in blocks) array.Add((JsonNode)block.ToJson());
        return array;
    }

    private static RecordedBlock From(RamBlockFact block, QemuFacts facts)
    {
        // Machine types up to 4.0 name the block by the backend's whole path.
        var id = block.Name.StartsWith("/objects/", StringComparison.Ordinal) ? block.Name["/objects/".Length..] : block.Name;
        // That of a virtio-mem device has the device's path before the backend's id.
        var backend = block.Name[(block.Name.LastIndexOf('/') + 1)..];
        return new RecordedBlock(block.Name, block.UsedBytes, block.MaximumBytes, block.PageBytes)
        {
            Backend = facts.Parts.Objects.FirstOrDefault(item => item.Id == id && item.Type.StartsWith("memory-backend", StringComparison.Ordinal))?.Type,
            IsShared = facts.MemoryBackends.Any(item => item.Id == id && item.Shared),
            Address = facts.Parts.MemoryDevices.FirstOrDefault(item => item.Backend == backend)?.Address,
        };
    }

    private static RecordedBlock ParseOne(JsonObject json)
    {
        var bytes = RecordedJson.Number(json, "bytes") ?? 0;
        return new RecordedBlock(RecordedJson.Text(json, "name") ?? "", bytes, RecordedJson.Number(json, "maximum_bytes") ?? bytes, RecordedJson.Number(json, "page_bytes") ?? 4096)
        {
            Backend = RecordedJson.Text(json, "backend"),
            IsShared = RecordedJson.Flag(json, "shared"),
            Address = RecordedJson.Number(json, "address"),
        };
    }

    private JsonObject ToJson()
    {
        var json = new JsonObject { ["name"] = Name, ["bytes"] = Bytes };
        if (MaximumBytes != Bytes) json["maximum_bytes"] = MaximumBytes;
        if (PageBytes != 4096) json["page_bytes"] = PageBytes;
        if (Backend is not null) json["backend"] = Backend;
        if (IsShared) json["shared"] = true;
        if (Address is { } address) json["address"] = address;
        return json;
    }
}
