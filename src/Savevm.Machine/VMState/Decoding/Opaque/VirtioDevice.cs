using System.Buffers.Binary;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>
/// A virtio device on PCI. What the transport, the device and its subsections need stands in one field without lengths: the PCI
/// function, interrupt vectors, the registers of the device, its queues, what the kind of device adds, and the subsections.
/// </summary>
internal static class VirtioDevice
{
    private const int PciVersion = 2;
    private const int PciPins = 4;
    private const int MaxQueues = 1024;
    private const ushort VirtioVendor = 0x1af4;
    private const ushort FirstModernDevice = 0x1040;

    /// <summary>Reads a whole device. Only the bytes tell whether its configuration space is that of a PCI Express function.</summary>
    internal static void Read(OpaqueCursor cursor)
    {
        cursor.Require(cursor.TryAll(all => Read(all, PciConfiguration.ConventionalBytes))
            || cursor.TryAll(all => Read(all, PciConfiguration.ExpressBytes)));
    }

    private static void Read(OpaqueCursor cursor, int configBytes)
    {
        int vectors = 0;
        int virtioId = 0;
        cursor.Struct("pci_dev", "PCIDevice", PciVersion, pci =>
        {
            pci.Require(pci.Number("version_id", "int32 le") == PciVersion && pci.Remaining >= configBytes);
            if (pci.IsFailed)
                return;
            ReadOnlySpan<byte> config = pci.Rest[..configBytes];
            vectors = PciConfiguration.MsixVectors(config);
            virtioId = VirtioId(config);
            pci.Group(NodeKind.Opaque, "config", "pci config", null, space => PciConfiguration.Read(space, configBytes));
            pci.Numbers("irq_state", "uint32", PciPins);
        });
        if (vectors > 0)
            cursor.Group(NodeKind.Opaque, "msix", "msix state", null, msix => MsixState.Read(msix, vectors));
        if (vectors > 0)
            cursor.Number("config_vector", "uint16");
        cursor.Number("status", "uint8");
        cursor.Number("isr", "uint8");
        cursor.Number("queue_sel", "uint16");
        ulong features = cursor.Number("guest_features", "uint32");
        cursor.Bytes("config", (long)cursor.Number("config_len", "uint32"));
        ReadQueues(cursor, hasVector: vectors > 0);
        if (!cursor.IsFailed)
            ReadKind(cursor, virtioId, features);
    }

    /// <summary>The kind of device, by its PCI device id; 0 when that is none of virtio.</summary>
    private static int VirtioId(ReadOnlySpan<byte> config)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(config) != VirtioVendor)
            return 0;
        ushort device = BinaryPrimitives.ReadUInt16LittleEndian(config[2..]);
        if (device > FirstModernDevice)
            return device - FirstModernDevice;
        return device switch
        {
            0x1000 => VirtioKinds.Net,
            0x1001 => VirtioKinds.Block,
            0x1002 => VirtioKinds.Balloon,
            0x1003 => VirtioKinds.Console,
            0x1004 => VirtioKinds.Scsi,
            0x1005 => VirtioKinds.Rng,
            _ => 0,
        };
    }

    private static void ReadQueues(OpaqueCursor cursor, bool hasVector)
    {
        ulong count = cursor.Number("queues", "uint32");
        cursor.Require(count <= MaxQueues);
        cursor.Group(NodeKind.Array, "vq", "struct", null, queues =>
        {
            for (int i = 0; i < (int)count && !queues.IsFailed; i++)
            {
                queues.Group(NodeKind.Struct, "vq", "struct", i, queue =>
                {
                    queue.Number("vring.num", "uint32");
                    queue.Number("vring.desc", "uint64");
                    queue.Number("last_avail_idx", "uint16");
                    if (hasVector)
                        queue.Number("vector", "uint16");
                });
            }
        });
    }

    /// <summary>
    /// What the kind of device adds, and the subsections. Where the former is not what we know, it is what stands before the first
    /// subsection behind which everything fits.
    /// </summary>
    private static void ReadKind(OpaqueCursor cursor, int virtioId, ulong features)
    {
        foreach (Action<OpaqueCursor> kind in VirtioKinds.Of(virtioId, features))
        {
            bool isRead = cursor.TryAll(all =>
            {
                kind(all);
                VirtioSubsections.Read(all);
            });
            if (isRead)
                return;
        }
        ReadOnlySpan<byte> mark = "virtio/"u8;
        int skip = 0;
        while (true)
        {
            int found = cursor.Rest[skip..].IndexOf(mark);
            if (found < 0)
                break;
            // Mark and length stand before the name.
            int before = skip + found - 2;
            skip += found + 1;
            if (before >= 0 && cursor.TryAll(all => ReadBehind(all, before)))
                return;
        }
        cursor.Fail();
    }

    private static void ReadBehind(OpaqueCursor cursor, int unknown)
    {
        cursor.Unknown("device", unknown);
        VirtioSubsections.Read(cursor);
    }
}
