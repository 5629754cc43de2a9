using System.Numerics;
using System.Runtime.InteropServices;

namespace Savevm.Wire.Ram;

/// <summary>
/// Bitmaps of pages as they travel, in mapped-ram files and received bitmaps: bit <c>p % 8</c> of byte <c>p / 8</c> is page p.
/// Bits behind the last page are ignored. Bitmaps need not be a multiple of eight bytes.
/// </summary>
public static class PageBits
{
    /// <summary>Whether the bit of a page is set.</summary>
    public static bool IsSet(ReadOnlySpan<byte> bitmap, long page) => ((bitmap[checked((int)(page >> 3))] >> (int)(page & 7)) & 1) != 0;

    /// <summary>Sets the bits of consecutive pages.</summary>
    public static void SetRange(Span<byte> bitmap, long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ((long)bitmap.Length * 8) - first);
        long end = first + count;
        for (; first < end && (first & 7) != 0; first++)
            bitmap[(int)(first >> 3)] |= (byte)(1 << (int)(first & 7));
        long whole = (end - first) >> 3;
        if (whole > 0)
            bitmap.Slice((int)(first >> 3), (int)whole).Fill(0xff);
        for (first += whole * 8; first < end; first++)
            bitmap[(int)(first >> 3)] |= (byte)(1 << (int)(first & 7));
    }

    /// <summary>Clears the bits of consecutive pages.</summary>
    public static void ClearRange(Span<byte> bitmap, long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ((long)bitmap.Length * 8) - first);
        long end = first + count;
        for (; first < end && (first & 7) != 0; first++)
            bitmap[(int)(first >> 3)] &= (byte)~(1 << (int)(first & 7));
        long whole = (end - first) >> 3;
        if (whole > 0)
            bitmap.Slice((int)(first >> 3), (int)whole).Clear();
        for (first += whole * 8; first < end; first++)
            bitmap[(int)(first >> 3)] &= (byte)~(1 << (int)(first & 7));
    }

    /// <summary>Number of set bits among the first <paramref name="pageCount"/>.</summary>
    public static long CountSet(ReadOnlySpan<byte> bitmap, long pageCount)
    {
        ReadOnlySpan<byte> whole = bitmap[..checked((int)(pageCount >> 3))];
        long count = 0;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(whole);
        foreach (ulong word in words)
            count += BitOperations.PopCount(word);
        foreach (byte rest in whole[(words.Length * sizeof(ulong))..])
            count += BitOperations.PopCount(rest);
        if ((pageCount & 7) != 0)
            count += BitOperations.PopCount((uint)bitmap[whole.Length] & ((1u << (int)(pageCount & 7)) - 1));
        return count;
    }

    /// <summary>Finds the next run of pages whose bits are set.</summary>
    /// <param name="bitmap">The bitmap.</param>
    /// <param name="pageCount">Pages of the block.</param>
    /// <param name="from">Where to begin; afterwards the page behind the run.</param>
    /// <param name="first">First page of the run.</param>
    /// <param name="count">Pages of the run.</param>
    /// <returns>False when no further bit is set.</returns>
    public static bool TryFindRun(ReadOnlySpan<byte> bitmap, long pageCount, ref long from, out long first, out long count)
    {
        first = Find(bitmap, pageCount, from, isSet: true);
        from = Find(bitmap, pageCount, first, isSet: false);
        count = from - first;
        return count > 0;
    }

    /// <summary>The first page from <paramref name="from"/> on whose bit is as asked, or the number of pages.</summary>
    private static long Find(ReadOnlySpan<byte> bitmap, long pageCount, long from, bool isSet)
    {
        byte uninteresting = isSet ? (byte)0x00 : (byte)0xff;

        // What lies behind the last page is not looked through either: who asks for one part of a large bitmap after the other would pay for all of it each time.
        bitmap = bitmap[..(int)Math.Min(bitmap.Length, (pageCount + 7) >> 3)];
        while (from < pageCount)
        {
            int at = (int)(from >> 3);
            int candidates = ((bitmap[at] ^ uninteresting) & 0xff) >> (int)(from & 7);
            if (candidates != 0)
                return Math.Min(pageCount, from + BitOperations.TrailingZeroCount(candidates));
            int skipped = bitmap[(at + 1)..].IndexOfAnyExcept(uninteresting);
            if (skipped < 0)
                return pageCount;
            from = (long)(at + 1 + skipped) << 3;
        }
        return pageCount;
    }
}
