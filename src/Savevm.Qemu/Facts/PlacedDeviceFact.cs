namespace Savevm.Qemu.Facts;

/// <summary>A device of a live QEMU on its bus, the board's own included, as <c>info qtree</c> shows it.</summary>
public sealed record PlacedDeviceFact
{
    /// <summary>Its device model.</summary>
    public required string Type { get; init; }

    /// <summary>Its id; null where it has none.</summary>
    public string? Id { get; init; }

    /// <summary>The name of its bus.</summary>
    public required string Bus { get; init; }

    /// <summary>The kind of that bus, such as <c>PCI</c> or <c>usb-bus</c>.</summary>
    public required string BusType { get; init; }

    /// <summary>The device that has that bus; null on the outermost one.</summary>
    public PlacedDeviceFact? Parent { get; init; }

    /// <summary>Its properties, as the text shows them: strings without their quotes, numbers in decimal.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Vendor, device and subsystem of a PCI device, as <c>1af4:1000 (sub 1af4:0001)</c>; null otherwise.</summary>
    public string? PciIdentity { get; init; }

    /// <summary>
    /// Where it sits, by what its guest can see of it and without names that a user chose: PCI addresses, SCSI and USB numbers, from the root on.
    /// Two machines whose devices have the same places can load each other's state. Null where the bus gives no places.
    /// </summary>
    public string? Place { get; init; }

    /// <summary>It sits on a PCI bus.</summary>
    public bool IsPci => BusType is "PCI" or "PCIE" or "CXL";
}
