using System.Globalization;
using Savevm.Qemu.CommandLine;
using Savevm.Recorded;

namespace Savevm.Resumes.Identity;

/// <summary>
/// The devices of a user's own command line against those that were captured: none may be missing, and what is said about a place must be its
/// place. What the command line leaves open is compared once QEMU has made it (<see cref="WaitingIdentity"/>).
/// </summary>
internal static class DeviceIdentity
{
    public static void Check(IdentityCheck check)
    {
        // A configuration file may make any of them.
        if (check.Line.Has("readconfig") || check.Machine.Devices.Count == 0) return;
        var options = check.Options("device", "driver").ToList();
        foreach (var model in check.Machine.Devices.Where(device => device.IsPlugged).GroupBy(device => device.Type, StringComparer.Ordinal))
        {
            CheckModel(check, [.. options.Where(option => DriverNames.IsSame(option.Text("driver") ?? "", model.Key))], [.. model]);
        }
        foreach (var option in options) CheckPlace(check, option);
    }

    private static void CheckModel(IdentityCheck check, IReadOnlyList<OptionValue> options, IReadOnlyList<RecordedDevice> devices)
    {
        if (options.Count + Others(check, devices[0].Type) >= devices.Count) return;
        var ids = options.Select(option => option.Text("id")).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var missing = devices.LastOrDefault(device => device.Id is null || !ids.Contains(device.Id)) ?? devices[^1];
        throw check.Refuse(
            $"the guest has a device {missing.Name}{(missing.Place is null ? "" : $" at {missing.Place}")} that the command line does not make", $"add {Option(check, missing)}");
    }

    /// <summary>The option that would make a device.</summary>
    public static string Option(IdentityCheck check, RecordedDevice device) =>
        (device.Id is null ? null : MachineIdentity.Recorded(check, "device", "driver", device.Id)) ?? OptionOf(device);

    /// <summary>The least that would have to be said to make a device where it was.</summary>
    public static string OptionOf(RecordedDevice device)
    {
        var address = device.PciIdentity is null ? "" : $",bus={device.Bus},addr={device.Address}";
        return $"-device {device.Type}{(device.Id is null ? "" : $",id={device.Id}")}{address}";
    }

    // Devices of a model that other options than -device may make.
    private static int Others(IdentityCheck check, string type)
    {
        var count = check.Options("nic", "type").Concat(check.Options("net", "type").Where(value => value.Text("type") == "nic"))
            .Count(value => value.Text("model") is not { } model || DriverNames.IsSame(model, type));
        if (type.StartsWith("virtio-blk", StringComparison.Ordinal)) count += check.Options("drive", "file").Count(value => value.Text("if") == "virtio");
        if (type.StartsWith("virtio-9p", StringComparison.Ordinal)) count += check.Line.All("virtfs").Count();
        if (type.StartsWith("usb-", StringComparison.Ordinal)) count += check.Line.All("usbdevice").Count();
        if (check.Line.All("watchdog").Any(option => option.Text == type)) count++;
        return count;
    }

    private static void CheckPlace(IdentityCheck check, OptionValue option)
    {
        var driver = option.Text("driver") ?? "";
        var id = option.Text("id");
        var same = check.Machine.Devices.Where(device => device.IsPlugged && DriverNames.IsSame(driver, device.Type)).ToList();
        var named = id is null ? null : check.Machine.Devices.FirstOrDefault(device => device.Id == id);
        if (named is not null && !DriverNames.IsSame(driver, named.Type))
            throw check.Refuse($"the device {id} was a {named.Type}, the command line makes it a {driver}", $"use {Option(check, named)}");
        var device = named ?? (same.Count == 1 ? same[0] : null);
        if (device?.Place is null) return;
        var (property, given, captured) = device.PciIdentity is not null
            ? ("addr", Slot(option.Text("addr")), device.Address)
            : device.Address!.StartsWith("port ", StringComparison.Ordinal) ? ("nr", option.Text("nr"), device.Address["port ".Length..])
            : device.Address.StartsWith("usb ", StringComparison.Ordinal) ? ("port", option.Text("port"), device.Address["usb ".Length..])
            : ("", null, null);
        if (given is not null && given != captured)
            throw check.Refuse($"the device {device.Name} was at {device.Place}, the command line puts it at {property}={given}", $"use {property}={captured} for it");
        // Names of buses come from ids that the user may have chosen anew; only one that was there can be the wrong one.
        if (option.Text("bus") is { } bus && device.Bus is not null && bus != device.Bus && device.PciIdentity is not null
            && check.Machine.Devices.Any(other => other.Bus == bus && other.PciIdentity is not null))
        {
            throw check.Refuse($"the device {device.Name} was on the bus {device.Bus}, the command line puts it on {bus}", $"use bus={device.Bus} for it");
        }
    }

    // 4 | 04 | 0x4 | 4.1 as QEMU shows it: 04.0
    private static string? Slot(string? address)
    {
        if (address is null) return null;
        var parts = address.Split('.', 2);
        return Number(parts[0]) is { } slot && Number(parts.Length > 1 ? parts[1] : "0") is { } function ? $"{slot:x2}.{function:x}" : null;
    }

    private static int? Number(string hexadecimal) =>
        int.TryParse(hexadecimal.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? hexadecimal[2..] : hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
}
