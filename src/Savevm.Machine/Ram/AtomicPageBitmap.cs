using System.Numerics;

namespace Savevm.Machine.Ram;

/// <summary>One bit per page of a block that several threads set; each bit is won by exactly one of them.</summary>
public sealed class AtomicPageBitmap
{
    private readonly ulong[] words;

    /// <summary>A bitmap of <paramref name="pageCount"/> clear bits.</summary>
    public AtomicPageBitmap(long pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pageCount);
        PageCount = pageCount;
        words = new ulong[checked((int)((pageCount + 63) / 64))];
    }

    /// <summary>Number of pages.</summary>
    public long PageCount { get; }

    /// <summary>Whether the bit of the page is set.</summary>
    public bool IsSet(long page) => (Volatile.Read(ref words[page >> 6]) >> (int)(page & 63) & 1) != 0;

    /// <summary>Sets the bit. True for the one caller that changed it.</summary>
    public bool TrySet(long page)
    {
        var mask = 1UL << (int)(page & 63);
        return (Interlocked.Or(ref words[page >> 6], mask) & mask) == 0;
    }

    /// <summary>The first page at or after <paramref name="from"/> whose bit is clear, or <see cref="PageCount"/>.</summary>
    public long NextClear(long from)
    {
        for (var index = from >> 6; index < words.Length; index++)
        {
            var candidates = ~Volatile.Read(ref words[index]);
            if (index == from >> 6) candidates &= ulong.MaxValue << (int)(from & 63);
            if (candidates != 0) return Math.Min(PageCount, (index << 6) + BitOperations.TrailingZeroCount(candidates));
        }
        return PageCount;
    }

    /// <summary>The first page at or after <paramref name="from"/> whose bit is set, or <see cref="PageCount"/>.</summary>
    public long NextSet(long from)
    {
        for (var index = from >> 6; index < words.Length; index++)
        {
            var candidates = Volatile.Read(ref words[index]);
            if (index == from >> 6) candidates &= ulong.MaxValue << (int)(from & 63);
            if (candidates != 0) return Math.Min(PageCount, (index << 6) + BitOperations.TrailingZeroCount(candidates));
        }
        return PageCount;
    }
}
