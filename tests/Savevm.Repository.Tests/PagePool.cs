using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Tests;

/// <summary>Native memory for pages that a test writes: valid until it is disposed of, as a page writer demands.</summary>
internal sealed class PagePool(int pages) : IDisposable
{
    private readonly NativeBuffer buffer = new((nint)pages * RamBlock.PageSize, RamBlock.PageSize);
    private int used;

    /// <summary>A page whose bytes depend on the seed; never all zero. After as many as the pool holds, memory is used again.</summary>
    internal ReadOnlySpan<byte> Next(int seed)
    {
        var page = buffer.Slice((nint)(used++ % pages) * RamBlock.PageSize, RamBlock.PageSize);
        new Random(seed).NextBytes(page);
        page[0] |= 1;
        return page;
    }

    public void Dispose() => buffer.Dispose();
}
