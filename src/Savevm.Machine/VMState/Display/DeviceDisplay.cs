using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>
/// Readable forms of what many know by another name than QEMU's: registers of x86 processors, PCI configuration, virtqueues, timers.
/// They stand beside the values and replace none.
/// </summary>
public static class DeviceDisplay
{
    private static readonly DisplayRow[] Rows =
    [
        new(node => node.VmsdName == "cpu" && node.Kind == NodeKind.Struct, ProcessorForm.Write),
        new(node => node.Type == "pci config" && node.Kind == NodeKind.Opaque, PciForm.Write),
        new(node => node.Type == "virtio" && node.Kind == NodeKind.Opaque, VirtioForm.Write),
        new(node => node.Value.Kind == ValueKind.Timer, TimerForm.Write),
    ];

    /// <summary>The lines of a device, in the order of its bytes. Empty for a device that has none of these. Thread-safe.</summary>
    public static IReadOnlyList<DisplayLine> Lines(DecodedDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var lines = new List<DisplayLine>();
        Add(device.Root, "", lines);
        return lines;
    }

    private static void Add(DecodedNode node, string path, List<DisplayLine> lines)
    {
        foreach (DisplayRow row in Rows)
        {
            if (row.Applies(node))
                row.Write(node, new DisplayWriter(path, lines));
        }
        foreach (DecodedNode child in node.Children)
            Add(child, NodePath.Below(path, child), lines);
    }
}
