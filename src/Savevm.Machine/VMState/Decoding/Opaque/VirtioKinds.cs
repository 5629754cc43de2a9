using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>What the kinds of virtio devices add between their queues and their subsections.</summary>
internal static class VirtioKinds
{
    internal const int Net = 1;
    internal const int Block = 2;
    internal const int Console = 3;
    internal const int Rng = 4;
    internal const int Balloon = 5;
    internal const int Scsi = 8;

    private const int MacBytes = 6;
    private const int VlanTableBytes = 4096 / 8;
    private const int RssKeyBytes = 40;
    private const int MaxPorts = 512;
    private const ulong GuestOffloads = 1 << 2;

    /// <summary>The ways in which a kind may be read, the most likely first. Most kinds add nothing.</summary>
    internal static Action<OpaqueCursor>[] Of(int virtioId, ulong features) => virtioId switch
    {
        Net =>
        [
            cursor => ReadNet(cursor, isMultiqueue: false, features),
            cursor => ReadNet(cursor, isMultiqueue: true, features),
        ],
        Block => [ReadBlock],
        Console => [ReadConsole],
        Balloon => [ReadBalloon],
        _ => [cursor => { }],
    };

    private static void ReadNet(OpaqueCursor cursor, bool isMultiqueue, ulong features) => cursor.Struct("device", "virtio-net-device", 11, net =>
    {
        net.Numbers("mac", "uint8", MacBytes);
        net.Number("vqs.tx_waiting", "uint32");
        net.Number("mergeable_rx_bufs", "uint32");
        net.Number("status", "uint16");
        net.Number("promisc", "uint8");
        net.Number("allmulti", "uint8");
        ulong addresses = net.Number("mac_table.in_use", "uint32");
        net.Bytes("mac_table.macs", (long)addresses * MacBytes);
        net.Bytes("vlans", VlanTableBytes);
        net.Number("has_vnet_hdr", "uint32");
        net.Number("mac_table.multi_overflow", "uint8");
        net.Number("mac_table.uni_overflow", "uint8");
        net.Number("alluni", "uint8");
        net.Number("nomulti", "uint8");
        net.Number("nouni", "uint8");
        net.Number("nobcast", "uint8");
        net.Number("has_ufo", "uint8");
        if (isMultiqueue)
        {
            ulong most = net.Number("max_queue_pairs", "uint16 equal");
            ulong pairs = net.Number("curr_queue_pairs", "uint16");
            net.Require(most > 1 && pairs >= 1 && pairs <= most);
            if (!net.IsFailed)
                net.Numbers("vqs_1.tx_waiting", "uint32", (int)pairs - 1);
        }
        if ((features & GuestOffloads) != 0)
            net.Number("curr_guest_offloads", "uint64");
        net.Subsections("virtio-net-device", name => name == "virtio-net-device/rss" ? ReadRss : null);
    });

    private static void ReadRss(OpaqueCursor cursor)
    {
        cursor.Number("rss_data.enabled", "bool");
        cursor.Number("rss_data.redirect", "bool");
        cursor.Number("rss_data.populate_hash", "bool");
        cursor.Number("rss_data.hash_types", "uint32");
        ulong length = cursor.Number("rss_data.indirections_len", "uint16");
        cursor.Number("rss_data.default_queue", "uint16");
        cursor.Bytes("rss_data.key", RssKeyBytes);
        cursor.Numbers("rss_data.indirections_table", "uint16", (int)length);
    }

    /// <summary>Requests that were not finished stand behind marks; we know no more of them than that there are some.</summary>
    private static void ReadBlock(OpaqueCursor cursor) => cursor.Require(cursor.Number("end", "uint8") == 0);

    private static void ReadBalloon(OpaqueCursor cursor) => cursor.Struct("device", "virtio-balloon-device", 1, balloon =>
    {
        balloon.Number("num_pages", "uint32");
        balloon.Number("actual", "uint32");
        balloon.Subsections("virtio-balloon-device", FindBalloonSubsection);
    });

    private static Action<OpaqueCursor>? FindBalloonSubsection(string name) => name switch
    {
        "virtio-balloon-device/free-page-report" => ReadFreePageReport,
        "virtio-balloon-device/page-poison" => cursor => cursor.Number("poison_val", "uint32"),
        _ => null,
    };

    private static void ReadFreePageReport(OpaqueCursor cursor)
    {
        cursor.Number("free_page_hint_cmd_id", "uint32");
        cursor.Number("free_page_hint_status", "uint32");
    }

    private static void ReadConsole(OpaqueCursor cursor)
    {
        cursor.Number("cols", "uint16");
        cursor.Number("rows", "uint16");
        ulong most = cursor.Number("max_nr_ports", "uint32");
        cursor.Require(most <= MaxPorts);
        if (cursor.IsFailed)
            return;
        cursor.Numbers("ports_map", "uint32", ((int)most + 31) / 32);
        ulong active = cursor.Number("nr_active_ports", "uint32");
        cursor.Require(active <= most);
        cursor.Group(NodeKind.Array, "ports", "struct", null, ports =>
        {
            for (int i = 0; i < (int)active && !ports.IsFailed; i++)
                ports.Group(NodeKind.Struct, "ports", "struct", i, ReadPort);
        });
    }

    private static void ReadPort(OpaqueCursor port)
    {
        port.Number("id", "uint32");
        port.Number("guest_connected", "uint8");
        port.Number("host_connected", "uint8");
        // A buffer that the host had not taken would follow, in a form that depends on the release.
        port.Require(port.Number("elem_popped", "uint32") == 0);
    }
}
