using System.Numerics;

namespace Savevm.States.Surveys;

/// <summary>Counts how many different numbers there are among many, none of them zero. In place, for one thread.</summary>
internal static class DigestCount
{
    private const int RangeBits = 11;
    private const int Ranges = 1 << RangeBits;

    // Four for each digest that half a million leave in a range.
    private const int TableEntries = 1024;

    /// <summary>The number of different ones. Their order is lost.</summary>
    internal static long Distinct(Span<ulong> digests)
    {
        // Digests are spread evenly, so they are first dealt by their upper bits: what is left to be compared is little, and in the cache.
        Span<int> ends = stackalloc int[Ranges];
        Span<ulong> table = stackalloc ulong[TableEntries];
        Deal(digests, ends);
        long distinct = 0;
        int start = 0;
        foreach (int end in ends)
        {
            distinct += DistinctOfRange(digests[start..end], table);
            start = end;
        }
        return distinct;
    }

    private static int RangeOf(ulong digest) => (int)(digest >> (64 - RangeBits));

    /// <summary>Moves each digest into the range of its upper bits; <paramref name="ends"/> are where the ranges end.</summary>
    private static void Deal(Span<ulong> digests, Span<int> ends)
    {
        Span<int> next = stackalloc int[Ranges];
        ends.Clear();
        foreach (ulong digest in digests)
            ends[RangeOf(digest)]++;
        int sum = 0;
        for (int i = 0; i < Ranges; i++)
        {
            next[i] = sum;
            sum += ends[i];
            ends[i] = sum;
        }
        for (int i = 0; i < Ranges; i++)
        {
            while (next[i] < ends[i])
            {
                ref ulong here = ref digests[next[i]];
                ref int place = ref next[RangeOf(here)];
                (here, digests[place]) = (digests[place], here);
                place++;
            }
        }
    }

    private static long DistinctOfRange(Span<ulong> digests, Span<ulong> table)
    {
        if (digests.Length is 0 || digests.Length * 4 > table.Length)
            return DistinctOfMany(digests);
        table = table[..(int)BitOperations.RoundUpToPowerOf2((uint)digests.Length * 4)];
        table.Clear();
        long distinct = 0;
        foreach (ulong digest in digests)
        {
            int place = (int)(digest >> 1) & (table.Length - 1);
            while (table[place] != 0 && table[place] != digest)
                place = (place + 1) & (table.Length - 1);
            if (table[place] == 0)
                distinct++;
            table[place] = digest;
        }
        return distinct;
    }

    private static long DistinctOfMany(Span<ulong> digests)
    {
        digests.Sort();
        long distinct = 0;
        for (int i = 0; i < digests.Length; i++)
        {
            if (i == 0 || digests[i] != digests[i - 1])
                distinct++;
        }
        return distinct;
    }
}
