using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Wire;

namespace Savevm.Migration.Pages;

/// <summary>
/// The size of the destination's host pages, block by block. In postcopy a host page is placed as a whole, so all its target pages travel
/// one after the other on one channel; ordinary memory has host pages of one target page each, huge pages have 512 or more.
/// </summary>
internal sealed class HostPages
{
    private readonly int[] targetPages;

    /// <summary>Takes the sizes by the blocks' names; a block that is not named has ordinary pages.</summary>
    /// <exception cref="MachineRefusedException">A size is none, or does not divide its block.</exception>
    public HostPages(IReadOnlyList<RamBlock> blocks, IReadOnlyDictionary<string, long> bytesByName)
    {
        targetPages = new int[blocks.Count];
        foreach (var block in blocks)
        {
            var bytes = bytesByName.GetValueOrDefault(block.IdStr, RamBlock.PageSize);
            if (bytes < RamBlock.PageSize || (ulong)bytes > WireLimits.MaxPageSize || !long.IsPow2(bytes) || block.UsedLength % bytes != 0)
                throw new MachineRefusedException($"the RAM block '{block.IdStr}' of {block.UsedLength} bytes cannot consist of host pages of {bytes} bytes");
            targetPages[block.Index] = (int)(bytes / RamBlock.PageSize);
            Summary |= (ulong)bytes;
        }
    }

    /// <summary>Bitwise OR of all sizes in bytes, as POSTCOPY_ADVISE carries it.</summary>
    public ulong Summary { get; }

    /// <summary>Target pages in one host page of the block.</summary>
    public int TargetPagesOf(int blockIndex) => targetPages[blockIndex];

    /// <summary>Bytes of one host page of the block.</summary>
    public long BytesOf(int blockIndex) => (long)targetPages[blockIndex] * RamBlock.PageSize;
}
