using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>The subsections of every virtio device. Those with queues have room for as many as a device may have.</summary>
internal static class VirtioSubsections
{
    private const int Queues = 1024;

    /// <summary>Reads all that are there.</summary>
    internal static void Read(OpaqueCursor cursor) => cursor.Subsections("virtio", Find);

    private static Action<OpaqueCursor>? Find(string name) => name switch
    {
        "virtio/device_endian" => cursor => cursor.Number("device_endian", "uint8"),
        "virtio/64bit_features" => cursor => cursor.Number("guest_features", "uint64"),
        "virtio/broken" => cursor => cursor.Number("broken", "bool"),
        "virtio/started" => cursor => cursor.Number("started", "bool"),
        "virtio/disabled" => cursor => cursor.Number("disabled", "bool"),
        "virtio/virtqueues" => cursor => ReadArray(cursor, "vq", entryBytes: 16, ReadRing),
        "virtio/packed_virtqueues" => cursor => ReadArray(cursor, "vq", entryBytes: 10, ReadPackedRing),
        "virtio/ringsize" => cursor => cursor.Numbers("vring.num_default", "uint32", Queues),
        "virtio/extra_state" => cursor => cursor.Struct("extra_state", "virtio_pci", 1, ReadTransport),
        _ => null,
    };

    private static void ReadTransport(OpaqueCursor cursor) => cursor.Subsections(
        "virtio_pci", name => name == "virtio_pci/modern_state" ? ReadModernState : null);

    private static void ReadModernState(OpaqueCursor cursor)
    {
        cursor.Number("dfselect", "uint32");
        cursor.Number("gfselect", "uint32");
        cursor.Numbers("guest_features", "uint32", 2);
        ReadArray(cursor, "vqs", entryBytes: 28, ReadModernQueue);
    }

    private static void ReadModernQueue(OpaqueCursor queue)
    {
        queue.Number("num", "uint16");
        queue.Unused("unused", 1);
        queue.Number("enabled", "bool");
        queue.Numbers("desc", "uint32", 2);
        queue.Numbers("avail", "uint32", 2);
        queue.Numbers("used", "uint32", 2);
    }

    private static void ReadRing(OpaqueCursor queue)
    {
        queue.Number("vring.avail", "uint64");
        queue.Number("vring.used", "uint64");
    }

    private static void ReadPackedRing(OpaqueCursor queue)
    {
        queue.Number("last_avail_idx", "uint16");
        queue.Number("last_avail_wrap_counter", "bool");
        queue.Number("used_idx", "uint16");
        queue.Number("used_wrap_counter", "bool");
        queue.Number("inuse", "uint32");
    }

    /// <summary>
    /// Reads entries of all queues. The last of them are those of queues that a device does not have: all zero, and one node.
    /// </summary>
    private static void ReadArray(OpaqueCursor cursor, string name, int entryBytes, Action<OpaqueCursor> readEntry)
    {
        int bytes = Queues * entryBytes;
        cursor.Require(cursor.Remaining >= bytes);
        if (cursor.IsFailed)
            return;
        int last = cursor.Rest[..bytes].LastIndexOfAnyExcept((byte)0);
        int used = last < 0 ? 0 : (last / entryBytes) + 1;
        cursor.Group(NodeKind.Array, name, "struct", null, array =>
        {
            for (int i = 0; i < used && !array.IsFailed; i++)
                array.Group(NodeKind.Struct, name, "struct", i, readEntry);
            if (used < Queues)
                array.Bytes("absent queues", (long)(Queues - used) * entryBytes);
        });
    }
}
