using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Tests;

/// <summary>Native memory for pages that a test writes: valid until it is disposed of, as a page writer demands.</summary>
internal sealed class PagePool(int pages) : IDisposable
{
    // Records on a wire have headers between their pages, so pages are not neighbours in memory; here some are and some are not.
    private const int Gap = 8;

    private readonly NativeBuffer buffer = new((nint)pages * (RamBlock.PageSize + Gap), RamBlock.PageSize);
    private int used;
    private nint offset;

    /// <summary>A page whose bytes depend on the seed. Valid for as many further calls as the pool has pages.</summary>
    internal ReadOnlySpan<byte> Next(int seed)
    {
        if (used++ % pages == 0) offset = 0;
        var page = buffer.Slice(offset, RamBlock.PageSize);
        offset += RamBlock.PageSize + (seed % 3 == 0 ? 0 : Gap);
        Fill(page, seed);
        return page;
    }

    /// <summary>The bytes of a seed; never all zero.</summary>
    internal static void Fill(Span<byte> page, int seed)
    {
        var state = (ulong)(uint)seed * 0x9e3779b97f4a7c15 + 1;
        for (var index = 0; index < page.Length; index++)
        {
            state = state * 6364136223846793005 + 1442695040888963407;
            page[index] = (byte)(state >> 56);
        }
        page[^1] |= 1;
    }

    public void Dispose() => buffer.Dispose();
}
