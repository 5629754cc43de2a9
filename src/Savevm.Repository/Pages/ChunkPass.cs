using System.IO.Hashing;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>
/// One writer's pass over the pages of a chunk. While they arrive in order their checksum is computed from the bytes that pass by, so
/// that the file need not be read again; whatever else happens to a chunk makes its checksum stale. Belongs to one thread.
/// </summary>
internal sealed class ChunkPass(byte writer)
{
    private readonly XxHash3 hash = new();
    private int block = -1;
    private long chunk;
    private int next, pendingZeros;
    private bool claimed, hasData;

    /// <summary>A page with data arrives; its group exists.</summary>
    /// <param name="image">The block's image.</param>
    /// <param name="group">The group of the page.</param>
    /// <param name="groupIsNew">This very page made the group: until now all of it was untouched.</param>
    /// <param name="page">Page number within the block.</param>
    /// <param name="bytes">The page.</param>
    internal void AddData(RamImage image, ChunkGroup group, bool groupIsNew, long page, ReadOnlySpan<byte> bytes)
    {
        var position = (int)(page % ChunkGeometry.PagesPerChunk);
        var chunkInGroup = ChunkInGroup(page);
        if (position == 0) Begin(image, group, page);
        else if (!Continues(image, page, position) || !Claim(group, chunkInGroup, groupIsNew))
        {
            Break(group, chunkInGroup);
            return;
        }
        AppendPendingZeros();
        hash.Append(bytes);
        hasData = true;
        next++;
        CompleteIfWhole(image, group);
    }

    /// <summary>A zero page arrives for a page that holds no data: the file does not change, but a pass goes on.</summary>
    internal void AddZero(RamImage image, ChunkGroup? group, long page)
    {
        var position = (int)(page % ChunkGeometry.PagesPerChunk);
        if (position == 0) Begin(image, group, page);
        else if (!Continues(image, page, position)) return;
        pendingZeros++;
        next++;
        CompleteIfWhole(image, group);
    }

    /// <summary>The chunk changes in a way that no pass follows.</summary>
    internal void Break(ChunkGroup group, int chunkInGroup)
    {
        group.MarkStale(chunkInGroup);
        block = -1;
    }

    internal static int ChunkInGroup(long page) => (int)(page / ChunkGeometry.PagesPerChunk % ChunkGeometry.ChunksPerGroup);

    private void Begin(RamImage image, ChunkGroup? group, long page)
    {
        block = image.Block.Index;
        chunk = page / ChunkGeometry.PagesPerChunk;
        next = pendingZeros = 0;
        hasData = false;
        hash.Reset();
        claimed = group is not null;
        group?.BeginPass(ChunkInGroup(page), writer);
    }

    private bool Continues(RamImage image, long page, int position) =>
        block == image.Block.Index && chunk == page / ChunkGeometry.PagesPerChunk && next == position;

    /// <summary>A pass that began before the group existed is valid only if nobody else wrote there before this page.</summary>
    private bool Claim(ChunkGroup group, int chunkInGroup, bool groupIsNew)
    {
        if (claimed) return group.IsInPass(chunkInGroup, writer);
        if (!groupIsNew) return false;
        claimed = true;
        group.BeginPass(chunkInGroup, writer);
        return true;
    }

    private void AppendPendingZeros()
    {
        if (pendingZeros == 0) return;
        hash.Append(ChunkGeometry.ZeroBytes[..(pendingZeros * RamBlock.PageSize)]);
        pendingZeros = 0;
    }

    private void CompleteIfWhole(RamImage image, ChunkGroup? group)
    {
        if (next != image.Geometry.PagesOfChunk(chunk)) return;
        block = -1;
        if (!claimed || group is null) return;
        var chunkInGroup = (int)(chunk % ChunkGeometry.ChunksPerGroup);
        var zeroSum = image.Geometry.ZeroSum(chunk);
        if (!hasData)
        {
            group.CompletePass(chunkInGroup, writer, zeroSum);
            return;
        }
        AppendPendingZeros();
        var sum = hash.GetCurrentHashAsUInt64();
        // Data that is all zero: computed from the file in the end, which then becomes a hole.
        if (sum == zeroSum) group.MarkStale(chunkInGroup);
        else group.CompletePass(chunkInGroup, writer, sum);
    }
}
