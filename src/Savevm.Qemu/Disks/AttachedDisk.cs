namespace Savevm.Qemu.Disks;

/// <summary>What a device of a live QEMU, or nobody yet, has as its disk.</summary>
public sealed record AttachedDisk
{
    private const string Peripheral = "/machine/peripheral/";

    /// <summary>The name that <c>-drive</c> gave or got (<c>ide0-hd0</c>); empty where it is plugged in by node.</summary>
    public required string Drive { get; init; }

    /// <summary>Its device: the id, or where that has none, its path in QEMU's object tree; null where it is plugged into none.</summary>
    public string? DevicePath { get; init; }

    /// <summary>Its medium can be changed while the guest runs.</summary>
    public bool IsRemovable { get; init; }

    /// <summary>The topmost node of what is in it; null for a drive without a medium.</summary>
    public BlockNode? Root { get; init; }

    /// <summary>The guest can write to it.</summary>
    public bool IsWritable => Root is { IsReadOnly: false };

    /// <summary>The id of its device, where its user gave one.</summary>
    public string? DeviceId => DevicePath is null ? null
        : DevicePath.StartsWith(Peripheral, StringComparison.Ordinal) ? DevicePath[Peripheral.Length..].Split('/')[0]
        : DevicePath.Contains('/', StringComparison.Ordinal) ? null
        : DevicePath;

    /// <summary>What a person would call it.</summary>
    public string Label => Drive.Length > 0 ? Drive : DeviceId ?? Root?.Name ?? DevicePath ?? "?";
}
