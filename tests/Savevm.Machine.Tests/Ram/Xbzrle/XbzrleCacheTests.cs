using CsCheck;
using Savevm.Machine.Ram.Xbzrle;

namespace Savevm.Machine.Tests.Ram.Xbzrle;

public class XbzrleCacheTests
{
    private const int Page = 4096;

    [Fact]
    public void A_page_is_missed_once_and_then_sent_as_what_changed()
    {
        using var cache = new XbzrleCache(4 * Page);
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x5000, Filled(1), 2));
        Assert.Equal(XbzrleOutcome.Unchanged, Encode(cache, 0x5000, Filled(1), 2));
        byte[] changed = Filled(1);
        changed[7] = 9;
        Assert.Equal(XbzrleOutcome.Encoded, Encode(cache, 0x5000, changed, 3, out byte[] difference));
        Assert.Equal([7, 1, 9], difference);
        Assert.Equal(XbzrleOutcome.Unchanged, Encode(cache, 0x5000, changed, 3));
    }

    [Fact]
    public void A_page_that_changed_too_much_is_remembered_as_it_is_sent()
    {
        using var cache = new XbzrleCache(4 * Page);
        Encode(cache, 0, Filled(1), 2);
        Assert.Equal(XbzrleOutcome.Overflow, Encode(cache, 0, Filled(2), 3));
        Assert.Equal(XbzrleOutcome.Unchanged, Encode(cache, 0, Filled(2), 3));
    }

    [Fact]
    public void In_the_last_round_nothing_is_remembered()
    {
        using var cache = new XbzrleCache(4 * Page);
        Encode(cache, 0, Filled(1), 2);
        Assert.Equal(XbzrleOutcome.Overflow, Encode(cache, 0, Filled(2), 3, isLastRound: true));
        Assert.Equal(XbzrleOutcome.Overflow, Encode(cache, 0, Filled(2), 3, isLastRound: true));
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x1000, Filled(2), 3, isLastRound: true));
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x1000, Filled(2), 3, isLastRound: true));
    }

    [Fact]
    public void A_fresh_page_keeps_its_place_for_two_rounds()
    {
        using var cache = new XbzrleCache(4 * Page);
        Encode(cache, 0x1000, Filled(1), 5);
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x5000, Filled(2), 6));
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x5000, Filled(2), 6));

        // A hit makes it younger.
        Assert.Equal(XbzrleOutcome.Unchanged, Encode(cache, 0x1000, Filled(1), 6));
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x5000, Filled(2), 7));
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x5000, Filled(2), 8));
        Assert.Equal(XbzrleOutcome.Unchanged, Encode(cache, 0x5000, Filled(2), 8));
        Assert.Equal(XbzrleOutcome.Miss, Encode(cache, 0x1000, Filled(1), 8));
    }

    [Fact]
    public void A_page_sent_as_zero_is_known_as_zero()
    {
        using var cache = new XbzrleCache(4 * Page);
        Encode(cache, 0, Filled(1), 2);
        cache.NoteZeroPage(0, 3);
        byte[] changed = new byte[Page];
        changed[0] = 5;
        Assert.Equal(XbzrleOutcome.Encoded, Encode(cache, 0, changed, 4, out byte[] difference));
        Assert.Equal([0, 1, 5], difference);
    }

    [Fact]
    public void What_the_other_side_has_is_what_was_sent()
    {
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 3], Gen.Int[0, 2]).Array[1, 60].Sample(steps =>
        {
            using var cache = new XbzrleCache(4 * Page);
            var memory = new Dictionary<int, byte[]>();
            ulong age = 1;
            foreach ((int page, int action, int value) in steps)
            {
                age += action == 3 ? 1UL : 0;
                byte[] now = Filled(0);
                now.AsSpan(0, action == 2 ? Page : 3).Fill((byte)value);
                byte[] there = memory.GetValueOrDefault(page) ?? Filled(0xcc);
                if (now.All(b => b == 0))
                {
                    cache.NoteZeroPage((ulong)page * Page, age);
                    there = now;
                }
                else
                {
                    there = Encode(cache, (ulong)page * Page, now, age, out byte[] difference) switch
                    {
                        XbzrleOutcome.Encoded => SlowXbzrle.Decode(difference, there)!,
                        XbzrleOutcome.Unchanged => there,
                        _ => now,
                    };
                }
                memory[page] = there;
                if (!there.SequenceEqual(now)) return false;
            }
            return true;
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    [InlineData(3 * Page)]
    [InlineData(-Page)]
    public void A_size_that_is_no_power_of_two_of_pages_is_refused(long bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new XbzrleCache(bytes));

    private static XbzrleOutcome Encode(XbzrleCache cache, ulong address, byte[] page, ulong age, bool isLastRound = false) =>
        cache.Encode(address, page, age, isLastRound, new byte[Page], out _);

    private static XbzrleOutcome Encode(XbzrleCache cache, ulong address, byte[] page, ulong age, out byte[] difference)
    {
        byte[] buffer = new byte[Page];
        XbzrleOutcome outcome = cache.Encode(address, page, age, isLastRound: false, buffer, out int length);
        difference = buffer[..length];
        return outcome;
    }

    private static byte[] Filled(byte value)
    {
        byte[] page = new byte[Page];
        page.AsSpan().Fill(value);
        return page;
    }
}
