using System.Buffers.Binary;
using System.Numerics;

namespace Savevm.Machine.Ram;

/// <summary>One bit per page of a block. Not synchronised: it belongs to one thread.</summary>
public sealed class PageBitmap
{
    private readonly ulong[] words;

    /// <summary>A bitmap of <paramref name="pageCount"/> clear bits.</summary>
    public PageBitmap(long pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageCount);
        PageCount = pageCount;
        words = new ulong[checked((int)((pageCount + 63) / 64))];
    }

    /// <summary>Number of pages.</summary>
    public long PageCount { get; }

    /// <summary>Whether the bit of the page is set.</summary>
    public bool IsSet(long page) => (words[page >> 6] >> (int)(page & 63) & 1) != 0;

    /// <summary>Copies the bits: bit <c>p % 8</c> of byte <c>p / 8</c> is that of page p.</summary>
    /// <param name="bytes">Eight bytes for each 64 pages, begun ones too.</param>
    public void CopyTo(Span<byte> bytes)
    {
        for (var index = 0; index < words.Length; index++) BinaryPrimitives.WriteUInt64LittleEndian(bytes[(index * sizeof(ulong))..], words[index]);
    }

    /// <summary>Sets the bit; true when it was clear before.</summary>
    public bool Set(long page)
    {
        ref var word = ref words[page >> 6];
        var mask = 1UL << (int)(page & 63);
        var changed = (word & mask) == 0;
        word |= mask;
        return changed;
    }

    /// <summary>Clears the bit; true when it was set before.</summary>
    public bool Clear(long page)
    {
        ref var word = ref words[page >> 6];
        var mask = 1UL << (int)(page & 63);
        var changed = (word & mask) != 0;
        word &= ~mask;
        return changed;
    }

    /// <summary>Sets <paramref name="count"/> bits from <paramref name="first"/> on; returns how many of them were clear before.</summary>
    public long SetRange(long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, PageCount - first);
        long changed = 0;
        for (var end = first + count; first < end;)
        {
            var bits = (int)Math.Min(64 - (first & 63), end - first);
            changed += SetInWord((int)(first >> 6), ulong.MaxValue >> (64 - bits) << (int)(first & 63));
            first += bits;
        }
        return changed;
    }

    /// <summary>Sets the bits of a mask in one word of 64 pages; returns how many of them were clear before.</summary>
    internal int SetInWord(int index, ulong mask)
    {
        ref var word = ref words[index];
        var added = mask & ~word;
        word |= mask;
        return BitOperations.PopCount(added);
    }

    /// <summary>The bits of 64 pages.</summary>
    internal ulong Word(int index) => words[index];

    /// <summary>Clears <paramref name="count"/> bits from <paramref name="first"/> on.</summary>
    public void ClearRange(long first, long count)
    {
        for (var page = first; page < first + count; page++) Clear(page);
    }

    /// <summary>Number of set bits.</summary>
    public long CountSet()
    {
        long total = 0;
        foreach (var word in words) total += BitOperations.PopCount(word);
        return total;
    }

    /// <summary>The first clear bit at or after <paramref name="from"/>, or <see cref="PageCount"/> when there is none.</summary>
    public long NextClear(long from)
    {
        for (var index = from >> 6; index < words.Length; index++)
        {
            var candidates = ~words[index];
            if (index == from >> 6) candidates &= ulong.MaxValue << (int)(from & 63);
            if (candidates != 0) return Math.Min(PageCount, (index << 6) + BitOperations.TrailingZeroCount(candidates));
        }
        return PageCount;
    }

    /// <summary>The first set bit at or after <paramref name="from"/>, or <see cref="PageCount"/> when there is none.</summary>
    public long NextSet(long from)
    {
        for (var index = from >> 6; index < words.Length; index++)
        {
            var candidates = words[index];
            if (index == from >> 6) candidates &= ulong.MaxValue << (int)(from & 63);
            if (candidates != 0) return Math.Min(PageCount, (index << 6) + BitOperations.TrailingZeroCount(candidates));
        }
        return PageCount;
    }
}
