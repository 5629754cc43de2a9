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
