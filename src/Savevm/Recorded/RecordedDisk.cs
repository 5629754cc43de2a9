using System.Text.Json.Nodes;
using Savevm.Disks;
using Savevm.Qemu.CommandLine;

namespace Savevm.Recorded;

/// <summary>A disk of the captured machine; an entry of <c>disks</c> in docs/snapshot-format.md.</summary>
internal sealed record RecordedDisk
{
    /// <summary>What a person would call it.</summary>
    public required string Device { get; init; }

    /// <summary>What the command line calls it; null in snapshots of versions that did not record it.</summary>
    public DiskAnchor? Anchor { get; init; }

    /// <summary>
    /// The topmost image: a path (complete, or relative to the snapshot's folder), or what QEMU calls it (<c>json:…</c>, an address). Empty for a
    /// drive without a medium.
    /// </summary>
    public required string File { get; init; }

    /// <summary>The driver of the topmost image.</summary>
    public required string Driver { get; init; }

    /// <summary>The guest cannot write to it.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The size of the disk as the guest sees it.</summary>
    public long Bytes { get; init; }

    /// <summary>The images it consists of, topmost first; empty where they are no files of the host.</summary>
    public IReadOnlyList<DiskFile> Layers { get; init; } = [];

    /// <summary>Block nodes of the command line that only bring its contents.</summary>
    public IReadOnlyList<string> CoveredNodes { get; init; } = [];

    /// <summary>The image in which the captured QEMU went on; null where it did not.</summary>
    public string? Overlay { get; init; }

    /// <summary>The disk went on changing when its RAM was captured, or nobody knows.</summary>
    public bool IsUnfrozen { get; init; }

    /// <summary>There is nothing in the drive.</summary>
    public bool IsEmpty => File.Length == 0;

    public static IReadOnlyList<RecordedDisk> Parse(JsonArray json) => [.. json.OfType<JsonObject>().Select(Parse)];

    public static JsonArray ToJson(IEnumerable<RecordedDisk> disks)
    {
        var array = new JsonArray();
        foreach (var disk in disks) array.Add((JsonNode)disk.ToJson());
        return array;
    }

    private static RecordedDisk Parse(JsonObject disk)
    {
        var drive = RecordedJson.Text(disk, "drive");
        var node = RecordedJson.Text(disk, "node");
        return new RecordedDisk
        {
            Device = RecordedJson.Text(disk, "device") ?? "",
            Anchor = drive is not null ? new DiskAnchor(true, drive) : node is not null ? new DiskAnchor(false, node) : null,
            File = RecordedJson.Text(disk, "file") ?? "",
            Driver = RecordedJson.Text(disk, "driver") ?? "",
            IsReadOnly = RecordedJson.Flag(disk, "read_only"),
            Bytes = RecordedJson.Number(disk, "bytes") ?? 0,
            Layers = disk.TryGetPropertyValue("layers", out var layers) && layers is JsonArray array ? [.. array.OfType<JsonObject>().Select(DiskFile.Parse)] : [],
            CoveredNodes = RecordedJson.Texts(disk, "covered_nodes"),
            Overlay = RecordedJson.Text(disk, "overlay"),
            // What was recorded without its layers was never frozen.
            IsUnfrozen = RecordedJson.Flag(disk, "unfrozen") || (drive is null && node is null),
        };
    }

    private JsonObject ToJson()
    {
        var layers = new JsonArray();
        foreach (var layer in Layers) layers.Add((JsonNode)layer.ToJson());
        var json = new JsonObject { ["device"] = Device };
        if (Anchor is { } anchor) json[anchor.IsDrive ? "drive" : "node"] = anchor.Name;
        json["file"] = File;
        json["driver"] = Driver;
        json["read_only"] = IsReadOnly;
        json["bytes"] = Bytes;
        json["layers"] = layers;
        if (CoveredNodes.Count > 0) json["covered_nodes"] = RecordedJson.Array(CoveredNodes);
        if (Overlay is not null) json["overlay"] = Overlay;
        if (IsUnfrozen) json["unfrozen"] = true;
        return json;
    }
}
