using CsCheck;
using Savevm.Machine.Ram;

namespace Savevm.Machine.Tests.Ram;

public sealed class PageBitmapTests
{
    // The slow and obvious twin: a set of page numbers.
    [Fact]
    public void Behaves_like_a_set_of_page_numbers() =>
        Gen.Select(Gen.Int[0, 300], Gen.Select(Gen.Int[0, 2], Gen.Int[0, 299]).List[0, 200]).Sample((pageCount, steps) =>
        {
            var bitmap = new PageBitmap(pageCount);
            var twin = new HashSet<long>();
            foreach (var (action, at) in steps.Where(step => step.Item2 < pageCount))
            {
                if (action == 0) Assert.Equal(twin.Add(at), bitmap.Set(at));
                else if (action == 1) Assert.Equal(twin.Remove(at), bitmap.Clear(at));
                else
                {
                    var count = Math.Min(70, pageCount - at);
                    bitmap.ClearRange(at, count);
                    twin.RemoveWhere(page => page >= at && page < at + count);
                }
            }
            Assert.Equal(twin.Count, bitmap.CountSet());
            for (long from = 0; from < pageCount; from++)
            {
                Assert.Equal(twin.Contains(from), bitmap.IsSet(from));
                Assert.Equal(twin.Where(page => page >= from).DefaultIfEmpty(pageCount).Min(), bitmap.NextSet(from));
                Assert.Equal(Range(from, pageCount).Where(page => !twin.Contains(page)).DefaultIfEmpty(pageCount).Min(), bitmap.NextClear(from));
            }
        });

    [Fact]
    public void An_atomic_bit_is_won_by_exactly_one_thread()
    {
        const int pageCount = 1000;
        var bitmap = new AtomicPageBitmap(pageCount);
        var wins = new int[pageCount];
        Parallel.For(0, 4, _ =>
        {
            for (var page = 0; page < pageCount; page++)
            {
                if (bitmap.TrySet(page)) Interlocked.Increment(ref wins[page]);
            }
        });
        Assert.All(wins, count => Assert.Equal(1, count));
        Assert.Equal(pageCount, bitmap.NextClear(0));
    }

    [Fact]
    public void The_next_clear_atomic_bit_is_found_across_words()
    {
        var bitmap = new AtomicPageBitmap(200);
        for (var page = 0; page < 130; page++) bitmap.TrySet(page);
        Assert.Equal(130, bitmap.NextClear(0));
        bitmap.TrySet(130);
        Assert.Equal(131, bitmap.NextClear(63));
        Assert.False(bitmap.IsSet(131));
        Assert.True(bitmap.IsSet(130));
    }

    [Fact]
    public void The_next_set_atomic_bit_is_found_across_words()
    {
        var bitmap = new AtomicPageBitmap(200);
        Assert.Equal(200, bitmap.NextSet(0));
        bitmap.TrySet(63);
        bitmap.TrySet(199);
        Assert.Equal(63, bitmap.NextSet(0));
        Assert.Equal(63, bitmap.NextSet(63));
        Assert.Equal(199, bitmap.NextSet(64));
        Assert.Equal(200, bitmap.NextSet(200));
    }

    // The slow and obvious twin: bit by bit.
    [Fact]
    public void Ranges_are_set_and_moved_as_bit_by_bit() =>
        Gen.Select(Gen.Int[0, 300], Gen.Select(Gen.Int[0, 299], Gen.Int[0, 200]).List[1, 20], Gen.Int[0, 299].List[0, 50]).Sample((pageCount, ranges, bits) =>
        {
            var source = new AtomicPageBitmap(pageCount);
            var taken = new PageBitmap(pageCount);
            var (sourceTwin, takenTwin) = (new HashSet<long>(), new HashSet<long>());
            foreach (var bit in bits.Where(bit => bit < pageCount))
            {
                taken.Set(bit);
                takenTwin.Add(bit);
            }
            foreach (var (first, wanted) in ranges.Where(range => range.Item1 < pageCount))
            {
                var pages = Range(first, Math.Min(pageCount, first + wanted)).ToArray();
                if (wanted % 3 == 0) Assert.Equal(pages.Count(takenTwin.Add), taken.SetRange(first, pages.Length));
                else if (wanted % 3 == 1)
                {
                    source.SetRange(first, pages.Length);
                    sourceTwin.UnionWith(pages);
                }
                else
                {
                    var moved = pages.Where(sourceTwin.Remove).ToArray();
                    Assert.Equal(moved.Count(takenTwin.Add), source.MoveRange(first, pages.Length, taken));
                }
            }
            Assert.Equal(sourceTwin.Order(), Range(0, pageCount).Where(source.IsSet));
            Assert.Equal(takenTwin.Order(), Range(0, pageCount).Where(taken.IsSet));
        });

    [Fact]
    public void Ranges_outside_of_a_bitmap_are_refused()
    {
        var (source, taken) = (new AtomicPageBitmap(70), new PageBitmap(70));
        Assert.Throws<ArgumentOutOfRangeException>(() => taken.SetRange(1, 70));
        Assert.Throws<ArgumentOutOfRangeException>(() => taken.SetRange(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.SetRange(69, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.MoveRange(0, 71, taken));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.MoveRange(0, 70, new PageBitmap(69)));
    }

    [Fact]
    public void A_bit_that_is_set_while_others_are_moved_is_moved_once_or_stays()
    {
        const int rounds = 200_000;
        var (source, taken) = (new AtomicPageBitmap(64), new PageBitmap(64));
        long won = 0, moved = 0;
        var ended = false;
        var writer = new Thread(() =>
        {
            for (var round = 0; round < rounds; round++)
                if (source.TrySet(round & 63)) won++;
            Volatile.Write(ref ended, true);
        });
        writer.Start();
        while (!Volatile.Read(ref ended)) Move();
        writer.Join();
        Move();
        Assert.Equal(won, moved);

        void Move()
        {
            moved += source.MoveRange(0, 64, taken);
            taken.ClearRange(0, 64);
        }
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var page = from; page < to; page++) yield return page;
    }
}
