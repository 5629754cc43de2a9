using System.Text.Json.Nodes;

namespace Savevm.Qemu.Qmp;

/// <summary>An event as the monitor sent it.</summary>
/// <param name="Name">QEMU's name, such as <c>RESUME</c>.</param>
/// <param name="Data">Its data; null where it has none.</param>
/// <param name="Timestamp">When QEMU sent it, by QEMU's clock.</param>
public sealed record QmpEvent(string Name, JsonObject? Data, DateTimeOffset Timestamp)
{
    /// <summary>The text of a member of the data, or null where there is none.</summary>
    public string? Text(string member) =>
        Data is not null && Data.TryGetPropertyValue(member, out var node) && node is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : null;
}
