using System.Buffers.Binary;

namespace Savevm.Wire.Containers.Qcow2;

/// <summary>Where a cluster of the virtual disk lies in the file.</summary>
/// <param name="Kind">Whether and how it is stored.</param>
/// <param name="Position">Position in the file of <see cref="Qcow2ClusterKind.Data"/> and <see cref="Qcow2ClusterKind.Compressed"/>.</param>
/// <param name="StoredBytes">Bytes to read there. Compressed data ends somewhere in the last sector of them.</param>
public readonly record struct Qcow2Cluster(Qcow2ClusterKind Kind, ulong Position, int StoredBytes)
{
    private const ulong CompressedFlag = 1UL << 62;
    private const ulong ZeroFlag = 1;
    private const int SubclusterCount = 32;
    private const int SectorBytes = 512;

    /// <summary>
    /// With extended L2 entries: bit i tells that subcluster i is stored, bit 32 + i that it is zero. Null where all of the cluster
    /// is alike.
    /// </summary>
    public ulong? Subclusters { get; init; }

    /// <summary>What the entry says of one of 32 parts of the cluster.</summary>
    public Qcow2ClusterKind GetSubcluster(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)SubclusterCount, nameof(index));
        if (Subclusters is not { } bits)
            return Kind;
        if (((bits >> (SubclusterCount + index)) & 1) != 0)
            return Qcow2ClusterKind.Zero;
        return ((bits >> index) & 1) != 0 ? Qcow2ClusterKind.Data : Qcow2ClusterKind.Unallocated;
    }

    /// <summary>Reads an L2 entry.</summary>
    /// <param name="entry">Its <see cref="Qcow2Header.L2EntryBytes"/> bytes.</param>
    /// <param name="position">Their position in the file.</param>
    /// <param name="header">The image's header.</param>
    /// <exception cref="WireException">A position that is none of a cluster, or bits that contradict each other.</exception>
    public static Qcow2Cluster Parse(ReadOnlySpan<byte> entry, long position, Qcow2Header header)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentOutOfRangeException.ThrowIfNotEqual(entry.Length, header.L2EntryBytes, nameof(entry));
        ulong word = BinaryPrimitives.ReadUInt64BigEndian(entry);
        if ((word & CompressedFlag) != 0)
            return ParseCompressed(word, header);
        ulong at = word & Qcow2Header.OffsetMask;
        if ((at & (ulong)(header.ClusterBytes - 1)) != 0)
            throw new WireException(position, $"cluster at 0x{at:x}");
        if (entry.Length == sizeof(ulong))
        {
            bool isZero = header.Version >= 3 && (word & ZeroFlag) != 0;
            Qcow2ClusterKind kind = isZero ? Qcow2ClusterKind.Zero
                : at == 0 ? Qcow2ClusterKind.Unallocated
                : Qcow2ClusterKind.Data;
            return kind == Qcow2ClusterKind.Data ? new Qcow2Cluster(kind, at, header.ClusterBytes) : new Qcow2Cluster(kind, 0, 0);
        }
        return ParseExtended(at, BinaryPrimitives.ReadUInt64BigEndian(entry[sizeof(ulong)..]), position, header);
    }

    private static Qcow2Cluster ParseExtended(ulong at, ulong bits, long position, Qcow2Header header)
    {
        uint stored = (uint)bits;
        uint zero = (uint)(bits >> SubclusterCount);
        if ((stored & zero) != 0 || (stored != 0 && at == 0))
            throw new WireException(position + sizeof(ulong), $"subclusters 0x{bits:x16} of a cluster at 0x{at:x}");
        if (stored == 0 && zero == 0)
            return new Qcow2Cluster(Qcow2ClusterKind.Unallocated, 0, 0);
        if (zero == uint.MaxValue)
            return new Qcow2Cluster(Qcow2ClusterKind.Zero, 0, 0);
        if (stored == uint.MaxValue)
            return new Qcow2Cluster(Qcow2ClusterKind.Data, at, header.ClusterBytes);
        return stored == 0
            ? new Qcow2Cluster(Qcow2ClusterKind.Zero, 0, 0) { Subclusters = bits }
            : new Qcow2Cluster(Qcow2ClusterKind.Data, at, header.ClusterBytes) { Subclusters = bits };
    }

    /// <summary>
    /// The lower bits are a position, not aligned; the upper ones the number of further sectors of 512 bytes that it reaches into.
    /// </summary>
    private static Qcow2Cluster ParseCompressed(ulong word, Qcow2Header header)
    {
        int positionBits = 62 - (header.ClusterBits - 8);
        ulong at = word & ((1UL << positionBits) - 1);
        int sectors = (int)((word >> positionBits) & ((1UL << (header.ClusterBits - 8)) - 1)) + 1;
        return new Qcow2Cluster(Qcow2ClusterKind.Compressed, at, (sectors * SectorBytes) - (int)(at % SectorBytes));
    }
}
