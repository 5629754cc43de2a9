using System.Runtime.InteropServices;
using Savevm.Linux.Files;
using Savevm.Machine;

namespace Savevm.Repository.Pages;

/// <summary>
/// The checksums of a stored block's chunks. A group of them (32 MiB of RAM, 4 KiB of checksums) is read and checked when it is first
/// used, and kept. Any thread may ask.
/// </summary>
internal sealed class SumTable
{
    private readonly LinuxFile file;
    private readonly string item;
    private readonly ChunkGeometry geometry;
    private readonly ulong[] index;
    private readonly ulong[]?[] groups;
    private readonly ulong lastZeroSum, zeroSum;

    /// <summary>Reads header and index.</summary>
    /// <exception cref="DamagedStateException">They are not the ones that the manifest knows.</exception>
    internal SumTable(LinuxFile file, string item, ChunkGeometry geometry, ulong tableSum)
    {
        this.file = file;
        this.item = item;
        this.geometry = geometry;
        index = SumFile.ReadIndex(file, item, geometry, tableSum);
        groups = new ulong[index.Length][];
        if (geometry.ChunkCount == 0) return;
        zeroSum = geometry.ZeroSum(0);
        lastZeroSum = geometry.ZeroSum(geometry.ChunkCount - 1);
    }

    /// <summary>The checksum of a chunk.</summary>
    /// <exception cref="DamagedStateException">The group of checksums that holds it is damaged.</exception>
    internal ulong this[long chunk] =>
        (groups[chunk / ChunkGeometry.ChunksPerGroup] ?? Load((int)(chunk / ChunkGeometry.ChunksPerGroup)))[chunk % ChunkGeometry.ChunksPerGroup];

    /// <summary>The chunk was all zero when it was saved.</summary>
    internal bool IsZero(long chunk) => this[chunk] == (chunk == geometry.ChunkCount - 1 ? lastZeroSum : zeroSum);

    private ulong[] Load(int group)
    {
        // Two threads may load the same group at once; both get the same sums, and one array stays.
        var sums = new ulong[geometry.ChunksOfGroup(group)];
        var bytes = MemoryMarshal.AsBytes(sums.AsSpan());
        var offset = SumFile.OffsetOfGroup(group);
        if (file.Read(bytes, offset) != bytes.Length) throw new DamagedStateException(item, offset, "the checksums are cut off");
        if (SumFile.GroupSum(sums) != index[group])
            throw new DamagedStateException(item, offset, "the checksums do not match their own checksum");
        Volatile.Write(ref groups[group], sums);
        return sums;
    }
}
