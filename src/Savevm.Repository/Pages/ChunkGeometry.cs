using System.IO.Hashing;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>
/// How a RAM block is cut: pages of 4 KiB, chunks of 64 KiB that have one checksum each, and groups of 512 chunks (32 MiB) whose
/// checksums have a checksum of their own. The last chunk and the last group may be short.
/// </summary>
internal readonly struct ChunkGeometry(long blockLength)
{
    internal const int ChunkBytes = 64 << 10;
    internal const int PagesPerChunk = ChunkBytes / RamBlock.PageSize;
    internal const int ChunksPerGroup = 512;

    private static readonly byte[] Zeros = new byte[ChunkBytes];
    private static readonly ulong WholeZeroSum = XxHash3.HashToUInt64(Zeros);

    internal long BlockLength { get; } = blockLength;

    internal long PageCount => BlockLength / RamBlock.PageSize;

    internal long ChunkCount => (BlockLength + ChunkBytes - 1) / ChunkBytes;

    internal int GroupCount => (int)((ChunkCount + ChunksPerGroup - 1) / ChunksPerGroup);

    /// <summary>A chunk of zeros, for hashing and for writing.</summary>
    internal static ReadOnlySpan<byte> ZeroBytes => Zeros;

    internal int BytesOfChunk(long chunk) => (int)Math.Min(ChunkBytes, BlockLength - chunk * ChunkBytes);

    internal int PagesOfChunk(long chunk) => BytesOfChunk(chunk) / RamBlock.PageSize;

    internal int ChunksOfGroup(int group) => (int)Math.Min(ChunksPerGroup, ChunkCount - (long)group * ChunksPerGroup);

    /// <summary>The checksum that this chunk has when all its bytes are zero.</summary>
    internal ulong ZeroSum(long chunk)
    {
        var bytes = BytesOfChunk(chunk);
        return bytes == ChunkBytes ? WholeZeroSum : XxHash3.HashToUInt64(Zeros.AsSpan(0, bytes));
    }
}
