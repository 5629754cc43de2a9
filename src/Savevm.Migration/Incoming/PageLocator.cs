using System.Text;
using Savevm.Machine.Ram;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Incoming;

/// <summary>Finds the page that a record of one channel means. A record may continue the block of the one before it, on the same channel.</summary>
/// <param name="blocks">The blocks, as soon as the stream told them.</param>
internal sealed class PageLocator(IReadOnlyList<RamBlock> blocks)
{
    private byte[][] names = [];

    /// <summary>The block of the record that was located last; negative where none was, or none counts.</summary>
    public int Current { get; private set; } = -1;

    /// <summary>The next record names its block: as after a discard, and on a new connection.</summary>
    public void Forget() => Current = -1;

    /// <summary>Makes the record's block the current one and returns the page number, checked.</summary>
    /// <exception cref="WireException">There is no such page.</exception>
    public long Locate(in RamRecord record, long offset)
    {
        if (!record.Continues) Current = IndexOf(record.BlockName, offset);
        if (Current < 0) throw new WireException(offset, "a page record continues a block before any block was named");
        var block = blocks[Current];
        if (record.Address >= (ulong)block.UsedLength)
            throw new WireException(offset, $"page address 0x{record.Address:x} lies outside block '{block.IdStr}' of {block.UsedLength} bytes");
        return (long)(record.Address / RamBlock.PageSize);
    }

    /// <summary>A page that the machine may have written to since it came must not come again.</summary>
    /// <exception cref="WireException">It is here.</exception>
    public static void DemandMissing(AtomicPageBitmap received, RamBlock block, long page, long offset)
    {
        if (received.IsSet(page)) throw new WireException(offset, $"page 0x{page * RamBlock.PageSize:x} of block '{block.IdStr}' comes again, and the machine has it already");
    }

    private int IndexOf(ReadOnlySpan<byte> name, long offset)
    {
        if (names.Length != blocks.Count) names = [.. blocks.Select(block => Encoding.ASCII.GetBytes(block.IdStr))];
        if (Current >= 0 && name.SequenceEqual(names[Current])) return Current;
        for (var index = 0; index < names.Length; index++)
        {
            if (name.SequenceEqual(names[index])) return index;
        }
        throw new WireException(offset, $"a page of the unknown RAM block '{Encoding.ASCII.GetString(name)}'");
    }
}
