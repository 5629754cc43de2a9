using System.Text.Json.Nodes;
using Savevm.Qemu;

namespace Savevm.Recorded;

/// <summary>A disk of the captured machine; an entry of <c>disks</c> in docs/snapshot-format.md. Its contents are not in the snapshot.</summary>
internal sealed record RecordedDisk(string Device, string File, string Driver, bool IsReadOnly)
{
    public static IReadOnlyList<RecordedDisk> From(QemuFacts facts) =>
        [.. facts.BlockDevices.Select(disk => new RecordedDisk(disk.Device, disk.File, disk.Driver, disk.IsReadOnly))];

    public static IReadOnlyList<RecordedDisk> Parse(JsonArray json) =>
    [
        .. json.OfType<JsonObject>().Select(disk => new RecordedDisk(
            RecordedJson.Text(disk, "device") ?? "", RecordedJson.Text(disk, "file") ?? "", RecordedJson.Text(disk, "driver") ?? "", RecordedJson.Flag(disk, "read_only")))
    ];

    public static JsonArray ToJson(IEnumerable<RecordedDisk> disks)
    {
        var array = new JsonArray();
        foreach (var disk in disks)
            array.Add((JsonNode)new JsonObject { ["device"] = disk.Device, ["file"] = disk.File, ["driver"] = disk.Driver, ["read_only"] = disk.IsReadOnly });
        return array;
    }
}
