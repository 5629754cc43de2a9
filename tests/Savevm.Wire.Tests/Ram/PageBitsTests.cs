using System.Diagnostics;
using CsCheck;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class PageBitsTests
{
    private static readonly Gen<bool[]> Pages = Gen.Frequency(
        (1, Gen.Bool.Array[0, 200]),
        (3, Gen.Select(Gen.Bool, Gen.Int[1, 40]).Array[0, 12].Select(
            runs => runs.SelectMany(run => Enumerable.Repeat(run.Item1, run.Item2)).ToArray())));

    [Fact]
    public void Bits_are_counted_and_found_as_in_a_list_of_pages()
    {
        Pages.Sample(
            pages =>
            {
                byte[] bitmap = ToBitmap(pages);
                bool same = PageBits.CountSet(bitmap, pages.Length) == pages.Count(isSet => isSet);
                bool[] found = new bool[pages.Length];
                long from = 0;
                long lastEnd = -1;
                while (PageBits.TryFindRun(bitmap, pages.Length, ref from, out long first, out long count))
                {
                    same &= first > lastEnd && from == first + count;
                    lastEnd = from;
                    found.AsSpan((int)first, (int)count).Fill(true);
                }
                return same && found.SequenceEqual(pages) && pages.Select((isSet, page) => PageBits.IsSet(bitmap, page) == isSet).All(x => x);
            },
            iter: 5_000);
    }

    /// <summary>Looked through to its end each time, a bitmap of a tebibyte would cost terabytes of reading.</summary>
    [Fact]
    public void A_part_of_a_large_bitmap_costs_no_more_than_the_part()
    {
        const int pagesOfPart = 1024;
        byte[] bitmap = new byte[32 << 20];
        bitmap[^1] = 0x80;
        long pageCount = bitmap.LongLength * 8;
        var found = new List<long>();
        var begun = Stopwatch.GetTimestamp();
        for (long part = 0; part < pageCount && Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(20); part += pagesOfPart)
        {
            for (long from = part; PageBits.TryFindRun(bitmap, Math.Min(part + pagesOfPart, pageCount), ref from, out long first, out _);)
                found.Add(first);
        }
        Assert.Equal([pageCount - 1], found);
    }

    [Fact]
    public void A_range_sets_its_bits_and_no_other()
    {
        Gen.Select(Gen.Int[0, 100], Gen.Int[0, 100]).Sample((first, count) =>
        {
            byte[] bitmap = new byte[25];
            PageBits.SetRange(bitmap, first, count);
            bool[] expected = new bool[200];
            expected.AsSpan(first, count).Fill(true);
            return bitmap.SequenceEqual(ToBitmap(expected));
        });
        Assert.Throws<ArgumentOutOfRangeException>(() => PageBits.SetRange(new byte[1], 1, 8));
    }

    private static byte[] ToBitmap(bool[] pages)
    {
        // The bits behind the last page are set: nothing may depend on them.
        byte[] bitmap = new byte[(pages.Length + 7) / 8];
        for (int i = 0; i < bitmap.Length * 8; i++)
        {
            if (i >= pages.Length || pages[i])
                bitmap[i / 8] |= (byte)(1 << (i % 8));
        }
        return bitmap;
    }
}
