using System.Buffers.Binary;
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

    /// <summary>A bitmap of as many pages whose bits are set where those of <paramref name="clear"/> are not.</summary>
    public static AtomicPageBitmap AllBut(PageBitmap clear)
    {
        ArgumentNullException.ThrowIfNull(clear);
        var bitmap = new AtomicPageBitmap(clear.PageCount);
        for (var index = 0; index < bitmap.words.Length; index++) bitmap.words[index] = ~clear.Word(index);
        // Behind the last page there is nothing that could be set.
        if ((clear.PageCount & 63) is > 0 and var rest) bitmap.words[^1] &= ulong.MaxValue >> (64 - (int)rest);
        return bitmap;
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

    /// <summary>Sets <paramref name="count"/> bits from <paramref name="first"/> on.</summary>
    public void SetRange(long first, long count)
    {
        CheckRange(first, count);
        for (var end = first + count; first < end;)
        {
            var mask = NextMask(first, end, out var bits);
            Interlocked.Or(ref words[first >> 6], mask);
            first += bits;
        }
    }

    /// <summary>Clears <paramref name="count"/> bits from <paramref name="first"/> on.</summary>
    public void ClearRange(long first, long count)
    {
        CheckRange(first, count);
        for (var end = first + count; first < end;)
        {
            var mask = NextMask(first, end, out var bits);
            Interlocked.And(ref words[first >> 6], ~mask);
            first += bits;
        }
    }

    /// <summary>Copies the bits: bit <c>p % 8</c> of byte <c>p / 8</c> is that of page p. What is set meanwhile may be copied or not.</summary>
    /// <param name="bytes">Eight bytes for each 64 pages, begun ones too.</param>
    public void CopyTo(Span<byte> bytes)
    {
        for (var index = 0; index < words.Length; index++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[(index * sizeof(ulong))..], Volatile.Read(ref words[index]));
    }

    /// <summary>
    /// Clears <paramref name="count"/> bits from <paramref name="first"/> on and sets those that were set in <paramref name="taken"/>, whose
    /// other bits stay. Who sets a bit meanwhile finds it either taken or still set: none gets lost.
    /// </summary>
    /// <returns>How many bits are set in <paramref name="taken"/> that were clear there before.</returns>
    public long MoveRange(long first, long count, PageBitmap taken)
    {
        ArgumentNullException.ThrowIfNull(taken);
        CheckRange(first, count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, taken.PageCount - first);
        long changed = 0;
        for (var end = first + count; first < end;)
        {
            var mask = NextMask(first, end, out var bits);
            ref var word = ref words[first >> 6];
            // Most words are empty in most rounds, and a plain read leaves their cache line where the writers have it.
            if ((Volatile.Read(ref word) & mask) != 0) changed += taken.SetInWord((int)(first >> 6), Interlocked.And(ref word, ~mask) & mask);
            first += bits;
        }
        return changed;
    }

    private static ulong NextMask(long first, long end, out int bits)
    {
        bits = (int)Math.Min(64 - (first & 63), end - first);
        return ulong.MaxValue >> (64 - bits) << (int)(first & 63);
    }

    private void CheckRange(long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, PageCount - first);
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
