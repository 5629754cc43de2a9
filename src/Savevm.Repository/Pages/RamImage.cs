using System.IO.Hashing;
using System.Runtime.InteropServices;
using Savevm.Linux.Files;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>
/// The image file of one RAM block while it is written: byte offset in the file is offset in the block, pages that are zero are holes.
/// </summary>
internal sealed class RamImage : IDisposable
{
    private readonly ChunkGroup?[] groups;

    internal RamImage(RamBlock block, LinuxFile file)
    {
        Block = block;
        File = file;
        Geometry = new ChunkGeometry(block.UsedLength);
        groups = new ChunkGroup?[Geometry.GroupCount];
        file.SetLength(block.UsedLength);
    }

    internal RamBlock Block { get; }

    internal LinuxFile File { get; }

    internal ChunkGeometry Geometry { get; }

    /// <summary>The group of a page; null when no data was written to it yet.</summary>
    internal ChunkGroup? FindGroup(long page) => Volatile.Read(ref groups[ChunkGroup.GroupOf(page)]);

    /// <summary>The group of a page, made when it did not exist.</summary>
    internal ChunkGroup GetGroup(long page, out bool isNew)
    {
        ref var place = ref groups[ChunkGroup.GroupOf(page)];
        isNew = false;
        if (Volatile.Read(ref place) is { } existing) return existing;
        var made = new ChunkGroup();
        var earlier = Interlocked.CompareExchange(ref place, made, null);
        isNew = earlier is null;
        return earlier ?? made;
    }

    /// <summary>Makes pages zero again. No writer has pending pages of them.</summary>
    internal void Discard(long firstPage, long pageCount)
    {
        for (long page = firstPage, end = firstPage + pageCount; page < end;)
        {
            var nextGroup = ((long)ChunkGroup.GroupOf(page) + 1) * ChunkGeometry.ChunksPerGroup * ChunkGeometry.PagesPerChunk;
            var stop = Math.Min(end, nextGroup);
            if (FindGroup(page) is { } group)
            {
                MakeZero(page * RamBlock.PageSize, (stop - page) * RamBlock.PageSize);
                for (var cleared = page; cleared < stop; cleared++)
                {
                    group.MarkStale(ChunkPass.ChunkInGroup(cleared));
                    group.ClearWritten(ChunkGroup.PageInGroup(cleared));
                }
            }
            page = stop;
        }
    }

    /// <summary>
    /// Computes the checksums that are not known yet, turns pages into holes whose last contents were zero, and writes the checksum file.
    /// </summary>
    /// <returns>The table checksum.</returns>
    internal ulong Seal(LinuxFile sumFile, Span<byte> chunkBuffer, CancellationToken cancellationToken)
    {
        var index = new ulong[Geometry.GroupCount];
        var sums = new ulong[ChunkGeometry.ChunksPerGroup];
        for (var group = 0; group < index.Length; group++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var groupSums = sums.AsSpan(0, Geometry.ChunksOfGroup(group));
            for (var chunk = 0; chunk < groupSums.Length; chunk++)
                groupSums[chunk] = SumOf((long)group * ChunkGeometry.ChunksPerGroup + chunk, groups[group], chunk, chunkBuffer);
            sumFile.Write(MemoryMarshal.AsBytes(groupSums), SumFile.OffsetOfGroup(group));
            index[group] = SumFile.GroupSum(groupSums);
        }
        sumFile.Write(MemoryMarshal.AsBytes(index.AsSpan()), SumFile.OffsetOfIndex(Geometry));
        Span<byte> header = stackalloc byte[SumFile.HeaderBytes];
        var tableSum = SumFile.WriteHeader(header, Geometry, index);
        sumFile.Write(header, 0);
        return tableSum;
    }

    /// <summary>Pages that hold data; exact after <see cref="Seal"/>.</summary>
    internal long CountDataPages()
    {
        long count = 0;
        foreach (var group in groups) count += group?.CountWritten() ?? 0;
        return count;
    }

    public void Dispose() => File.Dispose();

    private ulong SumOf(long chunk, ChunkGroup? group, int chunkInGroup, Span<byte> chunkBuffer)
    {
        var writtenPages = group?.WrittenPages(chunkInGroup) ?? 0;
        if (writtenPages == 0) return Geometry.ZeroSum(chunk);
        if (group!.TryGetSum(chunkInGroup, out var known)) return known;
        var bytes = chunkBuffer[..Geometry.BytesOfChunk(chunk)];
        var offset = chunk * ChunkGeometry.ChunkBytes;
        if (File.Read(bytes, offset) != bytes.Length) throw new IOException($"{File.Name} was cut short while it was written");
        for (var page = 0; page < bytes.Length / RamBlock.PageSize; page++)
        {
            if ((writtenPages >> page & 1) == 0) continue;
            if (bytes.Slice(page * RamBlock.PageSize, RamBlock.PageSize).ContainsAnyExcept((byte)0)) continue;
            if (!File.TryPunchHole(offset + page * RamBlock.PageSize, RamBlock.PageSize)) break;
            group.ClearWritten(chunkInGroup * ChunkGeometry.PagesPerChunk + page);
        }
        return XxHash3.HashToUInt64(bytes);
    }

    private void MakeZero(long offset, long length)
    {
        if (File.TryPunchHole(offset, length)) return;
        for (var end = offset + length; offset < end; offset += ChunkGeometry.ChunkBytes)
            File.Write(ChunkGeometry.ZeroBytes[..(int)Math.Min(ChunkGeometry.ChunkBytes, end - offset)], offset);
    }
}
