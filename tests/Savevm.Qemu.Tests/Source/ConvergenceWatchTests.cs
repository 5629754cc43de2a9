using Savevm.Qemu.Source;

namespace Savevm.Qemu.Tests.Source;

public sealed class ConvergenceWatchTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void Three_rounds_at_the_rate_of_the_link_are_hopeless_and_both_rates_are_said()
    {
        var watch = new ConvergenceWatch();
        for (int round = 2; round <= 4; round++)
        {
            Assert.False(watch.WillNotConverge);
            Assert.Null(watch.Sentence);
            watch.Observe(Progress(round, dirty: 312 * MiB, link: 200 * MiB));
        }

        Assert.True(watch.WillNotConverge);
        foreach (string part in new[] { "312 MiB/s", "200 MiB/s", "--downtime-limit", "--bandwidth", "--mode stop", "--mode background" })
        {
            Assert.Contains(part, watch.Sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_round_counts_once_however_often_it_is_seen()
    {
        var watch = new ConvergenceWatch();
        for (int i = 0; i < 100; i++)
        {
            watch.Observe(Progress(2, 300 * MiB, 200 * MiB));
        }

        Assert.False(watch.WillNotConverge);
    }

    [Fact]
    public void Hope_comes_back_when_the_guest_becomes_quiet()
    {
        var watch = new ConvergenceWatch(rounds: 2);
        watch.Observe(Progress(2, 300 * MiB, 200 * MiB));
        watch.Observe(Progress(3, 300 * MiB, 200 * MiB));
        Assert.True(watch.WillNotConverge);
        watch.Observe(Progress(4, 20 * MiB, 200 * MiB));
        Assert.False(watch.WillNotConverge);
        Assert.Null(watch.Sentence);
    }

    [Fact]
    public void The_first_round_and_one_without_a_rate_say_nothing()
    {
        var watch = new ConvergenceWatch(rounds: 1);
        watch.Observe(Progress(1, 300 * MiB, 200 * MiB));
        watch.Observe(Progress(2, 300 * MiB, 0));
        watch.Observe(Progress(3, 300 * MiB, 200 * MiB) with { Status = "setup" });
        Assert.False(watch.WillNotConverge);
        watch.Observe(Progress(3, 300 * MiB, 200 * MiB));
        Assert.True(watch.WillNotConverge);
    }

    private static SourceProgress Progress(int round, long dirty, long link) => new()
    {
        Status = "active",
        Iteration = round,
        DirtyBytesPerSecond = dirty,
        BytesPerSecond = link,
    };
}
