using Savevm.Qemu.Facts;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>
/// Says of each device that stayed where it sits. Without that, QEMU gives out the first free place, and where an earlier device is gone
/// from the command line every later one would move up.
/// </summary>
internal static class DevicePinning
{
    public static void Apply(IReadOnlyList<DeviceOption> options, CorrectionState state)
    {
        var places = state.Facts.Parts.PlacesOfDevices();
        foreach (var option in options)
        {
            if (option.Device is not { } device)
            {
                continue;
            }

            if (places.TryGetValue(device.Path, out var place))
            {
                Pin(option, place);
            }
            else if (state.Facts.Parts.MemoryDevices.FirstOrDefault(item => item.Id is not null && item.Id == device.Id) is { } module)
            {
                Pin(option, module);
            }
            else
            {
                continue;
            }

            state.Options[option.Index] = state.Options[option.Index] with { Value = option.Value.ToString() };
        }
    }

    private static void Pin(DeviceOption option, PlacedDeviceFact place)
    {
        string[] properties = place.BusType switch
        {
            "PCI" or "PCIE" or "CXL" => ["addr"],
            "SCSI" => ["channel", "scsi-id", "lun"],
            "usb-bus" => ["port"],
            "IDE" => ["unit"],
            "virtio-serial-bus" => ["nr"],
            "HDA" => ["cad"],
            _ => [],
        };
        foreach (string property in properties)
        {
            if (option.Value.Text(property) is null && place.Properties.GetValueOrDefault(property) is { Length: > 0 } value)
            {
                Set(option.Value, property, value);
            }
        }

        if (properties.Length > 0 && option.Value.Text("bus") is null)
        {
            option.Value.Set("bus", place.Bus);
        }
    }

    private static void Pin(DeviceOption option, MemoryDeviceFact module)
    {
        if (module.Slot is { } slot && option.Value.Text("slot") is null)
        {
            option.Value.Set("slot", slot);
        }

        if (option.Value.Text("addr") is null && option.Value.Text("memaddr") is null)
        {
            option.Value.Set(module.Kind.StartsWith("virtio", StringComparison.Ordinal) ? "memaddr" : "addr", module.Address);
        }
    }

    // In JSON a number must be one; an address and a port are texts.
    private static void Set(OptionValue option, string property, string value)
    {
        if (property is not ("addr" or "port") && long.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out long number))
        {
            option.Set(property, number);
        }
        else
        {
            option.Set(property, value);
        }
    }
}
