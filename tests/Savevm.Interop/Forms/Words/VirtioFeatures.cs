namespace Savevm.Interop.Forms.Words;

/// <summary>The bits of the features that <c>x-query-virtio-status</c> names, from the virtio specification.</summary>
internal static class VirtioFeatures
{
    private static readonly Dictionary<string, int> Bits = new()
    {
        ["VIRTIO_NET_F_CSUM"] = 0,
        ["VIRTIO_NET_F_GUEST_CSUM"] = 1,
        ["VIRTIO_NET_F_CTRL_GUEST_OFFLOADS"] = 2,
        ["VIRTIO_NET_F_MTU"] = 3,
        ["VIRTIO_NET_F_MAC"] = 5,
        ["VIRTIO_NET_F_MRG_RXBUF"] = 15,
        ["VIRTIO_NET_F_STATUS"] = 16,
        ["VIRTIO_NET_F_CTRL_VQ"] = 17,
        ["VIRTIO_NET_F_CTRL_RX"] = 18,
        ["VIRTIO_NET_F_CTRL_VLAN"] = 19,
        ["VIRTIO_NET_F_CTRL_RX_EXTRA"] = 20,
        ["VIRTIO_NET_F_GUEST_ANNOUNCE"] = 21,
        ["VIRTIO_NET_F_MQ"] = 22,
        ["VIRTIO_NET_F_CTRL_MAC_ADDR"] = 23,
        ["VIRTIO_BLK_F_SIZE_MAX"] = 1,
        ["VIRTIO_BLK_F_SEG_MAX"] = 2,
        ["VIRTIO_BLK_F_GEOMETRY"] = 4,
        ["VIRTIO_BLK_F_RO"] = 5,
        ["VIRTIO_BLK_F_BLK_SIZE"] = 6,
        ["VIRTIO_BLK_F_FLUSH"] = 9,
        ["VIRTIO_BLK_F_TOPOLOGY"] = 10,
        ["VIRTIO_BLK_F_CONFIG_WCE"] = 11,
        ["VIRTIO_BLK_F_MQ"] = 12,
        ["VIRTIO_BLK_F_DISCARD"] = 13,
        ["VIRTIO_BLK_F_WRITE_ZEROES"] = 14,
        ["VIRTIO_CONSOLE_F_SIZE"] = 0,
        ["VIRTIO_CONSOLE_F_MULTIPORT"] = 1,
        ["VIRTIO_CONSOLE_F_EMERG_WRITE"] = 2,
        ["VIRTIO_BALLOON_F_MUST_TELL_HOST"] = 0,
        ["VIRTIO_BALLOON_F_STATS_VQ"] = 1,
        ["VIRTIO_BALLOON_F_DEFLATE_ON_OOM"] = 2,
        ["VIRTIO_BALLOON_F_FREE_PAGE_HINT"] = 3,
        ["VIRTIO_BALLOON_F_PAGE_POISON"] = 4,
        ["VIRTIO_BALLOON_F_REPORTING"] = 5,
        ["VIRTIO_SCSI_F_INOUT"] = 0,
        ["VIRTIO_SCSI_F_HOTPLUG"] = 1,
        ["VIRTIO_SCSI_F_CHANGE"] = 2,
        ["VIRTIO_GPU_F_VIRGL"] = 0,
        ["VIRTIO_GPU_F_EDID"] = 1,
        ["VIRTIO_F_NOTIFY_ON_EMPTY"] = 24,
        ["VIRTIO_F_ANY_LAYOUT"] = 27,
        ["VIRTIO_RING_F_INDIRECT_DESC"] = 28,
        ["VIRTIO_RING_F_EVENT_IDX"] = 29,
        ["VIRTIO_F_VERSION_1"] = 32,
        ["VIRTIO_F_ACCESS_PLATFORM"] = 33,
        ["VIRTIO_F_RING_PACKED"] = 34,
        ["VIRTIO_F_IN_ORDER"] = 35,
        ["VIRTIO_F_ORDER_PLATFORM"] = 36,
        ["VIRTIO_F_RING_RESET"] = 40,
    };

    private static readonly string[] Transports = ["VIRTIO_RING_F_", "VIRTIO_F_"];

    public static ulong Bit(string name) => 1UL << Bits[name];

    /// <summary>The name without its prefix, of a feature that devices of every kind can have; else null.</summary>
    public static string? ShortName(string name) => Transports
        .Where(prefix => name.StartsWith(prefix, StringComparison.Ordinal)).Select(prefix => name[prefix.Length..]).FirstOrDefault();
}
