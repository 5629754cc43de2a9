using System.Numerics;

namespace Savevm.Repository.Pages;

/// <summary>
/// What a sink knows of 512 chunks (32 MiB) while they are written: which pages hold data, and of which chunks the checksum is known.
/// Several writers share it. Made when the first page of the group arrives, so RAM that stays zero costs nothing.
/// </summary>
internal sealed class ChunkGroup
{
    /// <summary>The checksum is that of what was written, or nothing was written.</summary>
    private const byte Summed = 0;

    /// <summary>The checksum must be computed from the file in the end. Values between are the writer whose pass over the chunk is under way.</summary>
    private const byte Stale = 255;

    private const int PagesPerWord = 64;
    private const int PagesPerGroup = ChunkGeometry.ChunksPerGroup * ChunkGeometry.PagesPerChunk;

    private readonly ulong[] written = new ulong[PagesPerGroup / PagesPerWord];
    private readonly ulong[] sums = new ulong[ChunkGeometry.ChunksPerGroup];
    private readonly byte[] states = new byte[ChunkGeometry.ChunksPerGroup];
    private readonly Lock gate = new();

    /// <summary>Number of the page within its group.</summary>
    internal static int PageInGroup(long page) => (int)(page % PagesPerGroup);

    /// <summary>Number of the page's group within its block.</summary>
    internal static int GroupOf(long page) => (int)(page / PagesPerGroup);

    internal bool IsWritten(int page) => (Volatile.Read(ref written[page / PagesPerWord]) >> (page % PagesPerWord) & 1) != 0;

    internal void MarkWritten(int page)
    {
        if (!IsWritten(page)) Interlocked.Or(ref written[page / PagesPerWord], 1UL << (page % PagesPerWord));
    }

    internal void ClearWritten(int page) => Interlocked.And(ref written[page / PagesPerWord], ~(1UL << (page % PagesPerWord)));

    /// <summary>The written pages of one chunk, one bit each.</summary>
    internal uint WrittenPages(int chunk)
    {
        const int chunksPerWord = PagesPerWord / ChunkGeometry.PagesPerChunk;
        var word = Volatile.Read(ref written[chunk / chunksPerWord]);
        return (ushort)(word >> (chunk % chunksPerWord * ChunkGeometry.PagesPerChunk));
    }

    internal long CountWritten()
    {
        long count = 0;
        foreach (var word in written) count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>A writer begins a pass over all pages of a chunk in order.</summary>
    internal void BeginPass(int chunk, byte writer)
    {
        lock (gate) states[chunk] = writer;
    }

    /// <summary>Nobody else has touched the chunk since this writer began its pass.</summary>
    internal bool IsInPass(int chunk, byte writer) => Volatile.Read(ref states[chunk]) == writer;

    /// <summary>The pass is over; its checksum counts if nobody else touched the chunk meanwhile.</summary>
    internal void CompletePass(int chunk, byte writer, ulong sum)
    {
        lock (gate)
        {
            if (states[chunk] != writer) return;
            sums[chunk] = sum;
            states[chunk] = Summed;
        }
    }

    /// <summary>The checksum must be computed from the file.</summary>
    internal void MarkStale(int chunk)
    {
        if (Volatile.Read(ref states[chunk]) == Stale) return;
        lock (gate) states[chunk] = Stale;
    }

    /// <summary>The checksum of the chunk if it is known. For a chunk without written pages it means nothing.</summary>
    internal bool TryGetSum(int chunk, out ulong sum)
    {
        lock (gate)
        {
            sum = sums[chunk];
            return states[chunk] == Summed;
        }
    }
}
