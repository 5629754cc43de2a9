using Savevm.Machine.Ram;
using Savevm.Qemu.Facts;
using Savevm.Recorded;

namespace Savevm.Resumes.Identity;

/// <summary>
/// The last look before a byte is sent, at a QEMU that waits for its state: it has made its devices and its RAM, and what is missing, moved or
/// of another size can be named while nothing has happened yet.
/// </summary>
internal static class WaitingIdentity
{
    private const int MaximumFindings = 3;

    /// <param name="machine">The machine as it was captured.</param>
    /// <param name="blocks">The RAM blocks of the snapshot.</param>
    /// <param name="waiting">What waits.</param>
    /// <param name="name">The snapshot.</param>
    /// <exception cref="SavevmException">It would refuse the state.</exception>
    public static void Check(RecordedMachine machine, IReadOnlyList<RamBlock> blocks, WaitingMachineFact waiting, string name)
    {
        SavevmException Refuse(string why, string hint) => new(ExitCode.Incompatible, $"resume of {name}", why, hint);
        if (machine.Type is { } type && waiting.MachineType.Length > 0 && waiting.MachineType != type)
            throw Refuse($"the state is of a machine {type}, the QEMU that is to load it is a {waiting.MachineType}", $"start it with -machine {type}");
        if (machine.Accelerator is { } accelerator && waiting.MachineType.Length > 0 && waiting.Accelerator != accelerator)
            throw Refuse($"the state was saved under {accelerator} and does not load under {waiting.Accelerator}", $"start it with -accel {accelerator}");
        var devices = waiting.Places.Count == 0 ? [] : Devices(machine.Devices, waiting.Places).Take(MaximumFindings).ToList();
        if (devices.Count > 0) throw Refuse(string.Join("; ", devices.Select(finding => finding.Why)), string.Join("; ", devices.Select(finding => finding.Hint)));
        var ram = waiting.RamBlocks.Count == 0 ? [] : Blocks(blocks, waiting.RamBlocks).Take(MaximumFindings).ToList();
        if (ram.Count > 0) throw Refuse(string.Join("; ", ram.Select(finding => finding.Why)), string.Join("; ", ram.Select(finding => finding.Hint).Distinct()));
    }

    private static IEnumerable<(string Why, string Hint)> Devices(IReadOnlyList<RecordedDevice> captured, IReadOnlyList<PlacedDeviceFact> waiting)
    {
        var places = waiting.Where(device => device.Place is not null).GroupBy(device => device.Place!).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var known = captured.Select(device => device.Place).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var missing = new HashSet<string>(StringComparer.Ordinal);
        var placed = captured.Where(device => device.Place is not null && !device.Place.EndsWith("/virtio", StringComparison.Ordinal));
        foreach (var device in placed.OrderBy(device => device.Place, StringComparer.Ordinal))
        {
            // What sits on a device that is missing is missing with it.
            if (missing.Any(place => device.Place!.StartsWith(place + "/", StringComparison.Ordinal))) continue;
            if (!places.TryGetValue(device.Place!, out var other))
            {
                missing.Add(device.Place!);
                var moved = waiting.FirstOrDefault(found => found.Type == device.Type && found.Place is not null && !known.Contains(found.Place) && (device.Id is null || found.Id is null || found.Id == device.Id));
                yield return moved is null
                    ? ($"the guest's device {device.Name} at {device.Place} is missing", $"add {DeviceIdentity.OptionOf(device)}")
                    : ($"the guest's device {device.Name} was at {device.Place} and is now at {moved.Place}", $"use {Location(device)} for it");
            }
            else if (device.PciIdentity is { } identity ? other.PciIdentity is { } otherIdentity && Model(identity) != Model(otherIdentity) : other.Type != device.Type)
            {
                yield return ($"at {device.Place} the guest has a {device.Name}, and the QEMU that is to load it a {other.Type}", $"put {DeviceIdentity.OptionOf(device)} there");
            }
        }
    }

    private static string Location(RecordedDevice device) => device.PciIdentity is not null
        ? $"bus={device.Bus},addr={device.Address}"
        : device.Address!.StartsWith("usb ", StringComparison.Ordinal) ? $"port={device.Address["usb ".Length..]}"
        : device.Address.StartsWith("port ", StringComparison.Ordinal) ? $"nr={device.Address["port ".Length..]}"
        : device.Address;

    // The subsystem may be another one in another release; vendor and device may not.
    private static string Model(string identity) => identity.Split(' ')[0];

    private static IEnumerable<(string Why, string Hint)> Blocks(IReadOnlyList<RamBlock> captured, IReadOnlyList<RamBlockFact> waiting)
    {
        var blocks = waiting.GroupBy(block => block.Name).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var block in captured)
        {
            if (!blocks.TryGetValue(block.IdStr, out var other))
            {
                yield return ($"the RAM block {block.IdStr} of {Size(block.UsedLength)} is missing", BlockHint(block.IdStr, isMissing: true));
                continue;
            }
            // Firmware tables grow to what is loaded.
            var fits = other.MaximumBytes > other.UsedBytes || block.IdStr.StartsWith("/rom@", StringComparison.Ordinal) ? block.UsedLength <= other.MaximumBytes : block.UsedLength == other.UsedBytes;
            if (!fits)
                yield return ($"the RAM block {block.IdStr} has {Size(block.UsedLength)} in the snapshot and {Size(other.UsedBytes)} in the QEMU that is to load it", BlockHint(block.IdStr, isMissing: false));
        }
    }

    private static string BlockHint(string block, bool isMissing) =>
        block.EndsWith(".rom", StringComparison.Ordinal) && block.Contains('/', StringComparison.Ordinal)
            ? isMissing ? "leave romfile= out for that device" : "give that device the ROM that it was captured with (romfile=PATH), or its size (romsize=BYTES)"
        : block.StartsWith("/rom@", StringComparison.Ordinal) || block is "pc.bios" or "pc.rom" or "system.flash0" or "system.flash1" ? "use the firmware that it was captured with"
        : block.Contains("vram", StringComparison.Ordinal) ? "use the same display device with the same memory size"
        : "use the sizes and memory backends (-m, -object memory-backend-…) that it was captured with";

    private static string Size(long bytes) => bytes >= 1 << 20 && bytes % (1 << 20) == 0 ? $"{bytes >> 20} MiB" : $"{bytes >> 10} KiB";
}
