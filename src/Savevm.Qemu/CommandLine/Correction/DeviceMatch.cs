using Savevm.Qemu.Facts;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>
/// Finds out which device each <c>-device</c> made. By id where there is one. Devices without are numbered by QEMU as it makes them, but not
/// only <c>-device</c> makes such devices (<c>-drive if=virtio</c> does, <c>-virtfs</c> does): so they are matched by model first, and by number
/// where one of a model has gone.
/// </summary>
internal static class DeviceMatch
{
    public static void Apply(IReadOnlyList<DeviceOption> options, IReadOnlyList<PluggedDeviceFact> devices)
    {
        var byId = devices.Where(device => device.Id is not null && !device.IsHotPlugged).ToDictionary(device => device.Id!, StringComparer.Ordinal);
        foreach (var option in options.Where(option => option.Id is not null))
        {
            option.Device = byId.GetValueOrDefault(option.Id!);
        }

        PluggedDeviceFact[] anonymous = [.. devices.Where(device => device is { Id: null, IsHotPlugged: false }).OrderBy(device => device.AnonymousNumber)];
        var numbered = options.Where(option => option.Id is null).Select((option, number) => (Option: option, Number: number)).ToList();
        foreach (var model in anonymous.GroupBy(device => device.Type, StringComparer.Ordinal))
        {
            Match([.. numbered.Where(item => DriverNames.IsSame(item.Option.Driver, model.Key))], [.. model]);
        }
    }

    private static void Match(IReadOnlyList<(DeviceOption Option, int Number)> options, List<PluggedDeviceFact> devices)
    {
        if (devices.Count < options.Count)
        {
            foreach (var (option, number) in options)
            {
                if (devices.Find(device => device.AnonymousNumber == number) is { } same)
                {
                    option.Device = same;
                    devices.Remove(same);
                }
            }
        }

        foreach (var (option, _) in options)
        {
            if (option.Device is null && devices.Count > 0)
            {
                option.Device = devices[0];
                devices.RemoveAt(0);
            }
        }
    }
}
