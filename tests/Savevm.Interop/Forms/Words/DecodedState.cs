using System.Text.Json.Nodes;

namespace Savevm.Interop.Forms.Words;

/// <summary>A saved state, as <c>inspect --json</c> tells it.</summary>
internal sealed class DecodedState(JsonNode report)
{
    public JsonNode Report => report;

    public IReadOnlyList<DecodedField> Devices { get; } = [.. report["devices"]!.AsArray().Select(device => new DecodedField(device!))];

    /// <summary>The device of a section.</summary>
    public DecodedField Device(string name, int instance = 0) =>
        Devices.Single(device => device.Name == name && device.InstanceId == (ulong)instance);

    /// <summary>The PCI function at a place, as <c>0000:00:02.0</c>, or null where the state has none.</summary>
    public DecodedField? Function(string place) => Devices.FirstOrDefault(
        device => device.Name.StartsWith(place + "/", StringComparison.Ordinal) && device.ConfigurationPath() is not null);
}
