using System.Numerics;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Paging;

/// <summary>
/// The table of blocks in memory that a program and its pager share: a row each, of which the first two words are the block's address and its pages,
/// and the other two belong to whoever made the table. Allocates nothing.
/// </summary>
/// <param name="bytes">The memory from its first byte on.</param>
/// <param name="count">Number of blocks.</param>
internal readonly unsafe struct BlockTable(byte* bytes, int count)
{
    /// <summary>Bytes before the first row.</summary>
    internal const int HeaderBytes = 64;

    /// <summary>Bytes of a row.</summary>
    internal const int RowBytes = 32;

    private const int WordsOfRow = RowBytes / sizeof(long);

    /// <summary>Number of blocks.</summary>
    public int Count => count;

    /// <summary>Address of a block's first byte in the process whose RAM it is.</summary>
    public nint AddressOf(int block) => (nint)Word(block, 0);

    /// <summary>Pages of a block.</summary>
    public long PagesOf(int block) => Word(block, 1);

    /// <summary>A word of a block's row.</summary>
    public long Word(int block, int word) => ((long*)(bytes + HeaderBytes))[(block * WordsOfRow) + word];

    /// <summary>Finds the page that an address lies in; false where it is none of a block.</summary>
    public bool TryFind(nint address, out int block, out long page)
    {
        for (block = 0; block < count; block++)
        {
            var offset = address - AddressOf(block);
            page = offset / RamBlock.PageSize;
            if (offset >= 0 && page < PagesOf(block)) return true;
        }
        page = 0;
        return false;
    }

    /// <summary>The first bit from one on, below another, that is set, or that is clear; the end when there is none. Others may change them meanwhile.</summary>
    public static long FindBit(long* words, long from, long end, bool isSet)
    {
        var mask = isSet ? 0 : ulong.MaxValue;
        for (var index = from >> 6; index << 6 < end; index++)
        {
            var found = (ulong)Volatile.Read(ref words[index]) ^ mask;
            if (index == from >> 6) found &= ulong.MaxValue << (int)(from & 63);
            if (found != 0) return Math.Min(end, (index << 6) + BitOperations.TrailingZeroCount(found));
        }
        return end;
    }
}
