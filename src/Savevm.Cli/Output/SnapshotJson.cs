using System.Text.Json;

namespace Savevm.Cli.Output;

/// <summary>The JSON fields of a snapshot, the same in a list and in a document of its own.</summary>
public static class SnapshotJson
{
    /// <summary>Writes the fields into the object that is open.</summary>
    public static void WriteSummary(Utf8JsonWriter writer, SnapshotSummary snapshot)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(snapshot);
        writer.WriteString("name", snapshot.Name);
        writer.WriteString("created", snapshot.Created.ToUniversalTime());
        writer.WriteNumber("guest_bytes", snapshot.GuestBytes);
        writer.WriteNumber("data_bytes", snapshot.DataBytes);
        writer.WriteString("mode", snapshot.Mode);
        writer.WriteString("machine", snapshot.Machine);
        writer.WriteString("qemu_version", snapshot.QemuVersion);
        writer.WriteString("accelerator", snapshot.Accelerator);
        writer.WriteString("state", snapshot.RunState);
        writer.WriteMap("tags", snapshot.Tags);
        writer.WriteString("defect", snapshot.Defect);
    }
}
