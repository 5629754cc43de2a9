using System.Globalization;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Display;

/// <summary>The state of a virtio device and of each of its queues.</summary>
internal static class VirtioForm
{
    private const int Version1 = 32;
    private const int NoVector = 0xffff;

    private static readonly (int Bit, string Name)[] Status =
    [
        (0, "ACKNOWLEDGE"), (1, "DRIVER"), (2, "DRIVER_OK"), (3, "FEATURES_OK"), (6, "NEEDS_RESET"), (7, "FAILED"),
    ];

    // Those of the transport and of the queues; the lower ones mean something else in each kind of device.
    private static readonly (int Bit, string Name)[] Features =
    [
        (24, "NOTIFY_ON_EMPTY"), (27, "ANY_LAYOUT"), (28, "INDIRECT_DESC"), (29, "EVENT_IDX"), (30, "BAD_FEATURE"), (32, "VERSION_1"),
        (33, "ACCESS_PLATFORM"), (34, "RING_PACKED"), (35, "IN_ORDER"), (36, "ORDER_PLATFORM"), (37, "SR_IOV"),
        (38, "NOTIFICATION_DATA"), (40, "RING_RESET"),
    ];

    internal static void Write(DecodedNode virtio, DisplayWriter writer)
    {
        if (virtio.Find("status") is { } status && DisplayWriter.Number(status) is { } bits)
            writer.Add("status", status, $"0x{bits:x2} {DisplayWriter.Bits(bits, Status)}".TrimEnd());
        DecodedNode? features = virtio.FindPath("virtio/64bit_features", "guest_features") ?? virtio.Find("guest_features");
        ulong? negotiated = DisplayWriter.Number(features);
        if (features is not null && negotiated is { } set)
            writer.Add("features", features, $"0x{set:x} {DisplayWriter.Bits(set, Features)}".TrimEnd());
        if (virtio.Find("vq") is not { } queues)
            return;
        DecodedNode? rings = virtio.FindPath("virtio/virtqueues", "vq");
        bool isModern = ((negotiated ?? 0) >> Version1 & 1) != 0;
        foreach (DecodedNode queue in queues.Children)
            WriteQueue(queue, rings, isModern, writer);
    }

    private static void WriteQueue(DecodedNode queue, DecodedNode? rings, bool isModern, DisplayWriter writer)
    {
        if (DisplayWriter.Number(queue.Find("vring.num")) is not { } size || DisplayWriter.Number(queue.Find("vring.desc")) is not { } desc)
            return;
        string text = string.Create(CultureInfo.InvariantCulture, $"{size} entries");
        if (desc == 0)
        {
            writer.Add(queue.Label, queue, text + ", not set up");
            return;
        }
        text += $", desc 0x{desc:x}";
        DecodedNode? ring = rings?.Find(queue.Label);
        // Devices without VERSION_1 have one address; QEMU derives the others from it, and so can a reader.
        if (isModern && ring is not null)
            text += $", avail 0x{DisplayWriter.Number(ring.Find("vring.avail")):x}, used 0x{DisplayWriter.Number(ring.Find("vring.used")):x}";
        text += string.Create(CultureInfo.InvariantCulture, $", last_avail_idx {DisplayWriter.Number(queue.Find("last_avail_idx"))}");
        if (DisplayWriter.Number(queue.Find("vector")) is { } vector)
            text += vector == NoVector ? ", no vector" : string.Create(CultureInfo.InvariantCulture, $", vector {vector}");
        writer.Add(queue.Label, queue, text);
    }
}
