using Savevm.Qemu.Facts;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>Devices that <c>device_add</c> plugged in and <c>device_del</c> unplugged, processors and memory modules among them.</summary>
internal static class DeviceCorrection
{
    public static void Apply(CorrectionState state)
    {
        var devices = state.Facts.Parts.Devices;
        var options = DeviceOption.Read(state.Options);
        DeviceMatch.Apply(options, devices);
        DeviceOption[] gone = [.. options.Where(option => option is { Device: null, IsStandby: false })];
        if (gone.Length > 0)
        {
            DevicePinning.Apply(options, state);
            foreach (var option in gone)
            {
                state.Correct($"the device {option.Id ?? option.Driver} was unplugged while the guest ran");
            }

            var dropped = gone.Select(option => option.Index).ToHashSet();
            int index = 0;
            state.Options.RemoveAll(_ => dropped.Contains(index++));
        }

        foreach (var device in InOrder([.. devices.Where(device => device.IsHotPlugged)]))
        {
            state.Add("device", "driver", device.Type, device.Id, Location(device).Concat(device.Properties));
            state.Correct($"the device {(device.Id is null ? device.Type : $"{device.Id} ({device.Type})")} was plugged in while the guest ran");
        }
    }

    private static IEnumerable<KeyValuePair<string, System.Text.Json.Nodes.JsonNode>> Location(PluggedDeviceFact device) =>
        device.Bus is { } bus ? [new("bus", bus)] : [];

    // A device after the one that has its bus.
    private static List<PluggedDeviceFact> InOrder(IReadOnlyList<PluggedDeviceFact> devices)
    {
        var left = devices.OrderBy(device => device.AnonymousNumber ?? -1).ThenBy(device => device.Path, StringComparer.Ordinal).ToList();
        var ordered = new List<PluggedDeviceFact>(left.Count);
        while (left.Count > 0)
        {
            // Where each waits for another, which cannot be, the first goes first.
            var next = left.Find(device => !left.Exists(other => other != device && IsBelow(device, other))) ?? left[0];
            left.Remove(next);
            ordered.Add(next);
        }

        return ordered;
    }

    private static bool IsBelow(PluggedDeviceFact device, PluggedDeviceFact owner) =>
        device.BusOwner is { } path && (path == owner.Path || path.StartsWith(owner.Path + "/", StringComparison.Ordinal));
}
