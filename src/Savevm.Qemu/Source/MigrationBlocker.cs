using System.Globalization;
using System.Text.RegularExpressions;
using Savevm.Qemu.Facts;

namespace Savevm.Qemu.Source;

/// <summary>Why a QEMU cannot give its state away: the device behind one of its reasons, and the way out.</summary>
/// <param name="Reason">In QEMU's words.</param>
/// <param name="Device">The device as its user calls it; null where the reason names none.</param>
/// <param name="Hint">What to do.</param>
public sealed partial record MigrationBlocker(string Reason, string? Device, string Hint)
{
    // What a reason has in it, and what helps.
    private static readonly (string Part, string Hint)[] Ways =
    [
        ("invtsc", "start the guest without invtsc in -cpu: a counter that never changes its speed cannot move"),
        ("VirtFS", "let the guest unmount the shared folder (the reason names its tag), then try again"),
        ("vvfat", "start the guest with a disk image instead of a folder of the host (vvfat)"),
        ("VFIO", "unplug the host's device (device_del), capture, and plug it in again"),
        ("vfio", "unplug the host's device (device_del), capture, and plug it in again"),
        ("vhost-user", "use a backend that keeps a log of what it writes, or a device without vhost"),
        ("vhost", "use a host kernel whose vhost keeps a log of what it writes, or vhost=off"),
        ("peer mode", "start ivshmem with master=on"),
        ("virgl", "start the display device without 3D (virtio-gpu-pci instead of virtio-gpu-gl-pci)"),
        ("Nested", "let the guest end its own virtual machines, or start it without nested virtualization"),
        ("nested", "let the guest end its own virtual machines, or start it without nested virtualization"),
        ("NVMe", "use virtio-blk or virtio-scsi for the disk"),
        ("snapshot", "wait until the snapshot under way has ended"),
    ];

    /// <summary>Explains one of QEMU's reasons.</summary>
    /// <param name="reason">In QEMU's words.</param>
    /// <param name="parts">What the machine consists of.</param>
    public static MigrationBlocker Explain(string reason, MachinePartsFact parts)
    {
        ArgumentNullException.ThrowIfNull(reason);
        ArgumentNullException.ThrowIfNull(parts);
        if (NonMigratable().Match(reason) is { Success: true } match)
        {
            string section = match.Groups["name"].Value;
            var device = Find(section, parts);
            string name = device is null ? section : device.Id is { } id ? $"{id} ({device.Type})" : device.Type;
            string way = device?.Id is { } known ? $"unplug it (device_del {known} on its monitor) or start the guest without it" : "start the guest without it";
            return new MigrationBlocker(reason, name, device?.Type == "nvme" ? way + "; virtio-blk and virtio-scsi disks can be captured" : way);
        }

        return new MigrationBlocker(
            reason, null, Ways.FirstOrDefault(way => reason.Contains(way.Part, StringComparison.Ordinal)).Hint ?? "unplug what is named there, or start the guest without it");
    }

    // 0000:00:04.0/nvme: PCI domain, bus, slot and function; only on the first bus is the slot a device's whole address.
    private static PlacedDeviceFact? Find(string section, MachinePartsFact parts)
    {
        if (PciSection().Match(section) is { Success: true } match)
        {
            string slot = match.Groups["slot"].Value.ToLower(CultureInfo.InvariantCulture);
            return parts.Places.FirstOrDefault(place => place.IsPci && place.Parent?.IsPci != true && place.Properties.GetValueOrDefault("addr") == slot);
        }

        return parts.Places.FirstOrDefault(place => place.Type == section);
    }

    // query-migrate says "non-migratable device: NAME", migrate says "State blocked by non-migratable device 'NAME'".
    [GeneratedRegex("non-migratable device(?:: (?<name>.+)| '(?<name>[^']*)')")]
    private static partial Regex NonMigratable();

    [GeneratedRegex("^[0-9a-fA-F]{4}:00:(?<slot>[0-9a-fA-F]{2}\\.[0-7])/")]
    private static partial Regex PciSection();
}
