using System.Buffers.Binary;

namespace Savevm.Wire.Containers.Qcow2;

/// <summary>
/// The way from an offset in a saved machine's stream to its cluster: entry of the snapshot's L1 table, entry of an L2 table,
/// offset in the cluster.
/// </summary>
/// <param name="L1Index">Entry of the L1 table.</param>
/// <param name="L2Index">Entry of the L2 table.</param>
/// <param name="OffsetInCluster">Byte in the cluster.</param>
public readonly record struct Qcow2Address(ulong L1Index, int L2Index, int OffsetInCluster)
{
    /// <summary>Bytes of an L1 entry.</summary>
    public const int L1EntryBytes = 8;

    /// <summary>The address of a byte of the stream.</summary>
    /// <param name="header">The image's header.</param>
    /// <param name="streamOffset">Offset in the stream.</param>
    public static Qcow2Address OfStream(Qcow2Header header, ulong streamOffset)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(streamOffset, WireLimits.MaxFilePosition);
        ulong offset = header.VMStateOffset + streamOffset;
        return new Qcow2Address(
            offset >> (header.ClusterBits + header.L2Bits),
            (int)(offset >> header.ClusterBits) & ((1 << header.L2Bits) - 1),
            (int)offset & (header.ClusterBytes - 1));
    }

    /// <summary>Position in the file of the entry of a snapshot's L1 table.</summary>
    /// <exception cref="WireException">The table is shorter: the snapshot does not hold what its length promises.</exception>
    public ulong GetL1EntryPosition(Qcow2Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (L1Index >= (ulong)snapshot.L1Entries)
        {
            throw new WireException(
                (long)snapshot.L1Position, $"entry {L1Index} of an L1 table of {snapshot.L1Entries}: the saved machine is cut off");
        }
        return snapshot.L1Position + (L1Index * L1EntryBytes);
    }

    /// <summary>Position in the file of the L2 entry.</summary>
    /// <param name="l1Entry">The eight bytes of the L1 entry.</param>
    /// <param name="position">Their position in the file.</param>
    /// <param name="header">The image's header.</param>
    /// <returns>Null when there is no L2 table: the whole range is unallocated.</returns>
    /// <exception cref="WireException">A position that is none of a cluster.</exception>
    public ulong? GetL2EntryPosition(ReadOnlySpan<byte> l1Entry, long position, Qcow2Header header)
    {
        ArgumentNullException.ThrowIfNull(header);
        ulong table = BinaryPrimitives.ReadUInt64BigEndian(l1Entry) & Qcow2Header.OffsetMask;
        if (table == 0)
            return null;
        if (!Qcow2Header.IsClusterPosition(table, header.ClusterBits))
            throw new WireException(position, $"L2 table at 0x{table:x}");
        return table + ((ulong)L2Index * (ulong)header.L2EntryBytes);
    }
}
