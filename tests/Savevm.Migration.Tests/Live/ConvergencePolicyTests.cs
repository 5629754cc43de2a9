using Savevm.Migration.Live;

namespace Savevm.Migration.Tests.Live;

/// <summary>The decision after a round, by its numbers alone.</summary>
public sealed class ConvergencePolicyTests
{
    private const long Mega = 1 << 20;

    [Fact]
    public void What_can_be_sent_within_the_limit_ends_the_rounds_when_more_of_them_gain_nothing()
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions { DowntimeLimit = TimeSpan.FromMilliseconds(100) }, canPostcopy: false);
        // 1000 MiB/s; 200 MiB take 200 ms, 80 take 80.
        Assert.Equal(RoundDecision.Iterate, policy.Decide(Round(1, 1000, 1000, 200)));
        Assert.Equal(200, policy.ExpectedDowntime.TotalMilliseconds, 1);
        Assert.Equal(RoundDecision.Iterate, policy.Decide(Round(2, 200, 200, 80)));
        Assert.Equal(RoundDecision.Iterate, policy.Decide(Round(3, 80, 80, 30)));
        // No smaller than before: the machine writes as fast as this.
        Assert.Equal(RoundDecision.SwitchOver, policy.Decide(Round(4, 30, 30, 29)));
        Assert.Equal(29, policy.ExpectedDowntime.TotalMilliseconds, 1);
    }

    [Fact]
    public void A_machine_that_writes_nothing_is_stopped_after_one_round()
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions(), canPostcopy: false);
        Assert.Equal(RoundDecision.SwitchOver, policy.Decide(Round(1, 100, 100, 0)));
        Assert.Equal(TimeSpan.Zero, policy.ExpectedDowntime);
    }

    [Fact]
    public void A_machine_that_writes_faster_than_the_stream_takes_is_sent_for_ever_unless_something_else_is_wanted()
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions(), canPostcopy: false);
        for (var round = 1; round <= 1000; round++) Assert.Equal(RoundDecision.Iterate, policy.Decide(Round(round, 1000, 1000, 900)));
        Assert.Equal(0, policy.ThrottlePercent);
    }

    [Fact]
    public void Twice_more_than_half_slows_the_machine_a_little_more_each_time_and_never_to_a_stand()
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions { AutoConverge = true }, canPostcopy: false);
        var seen = new List<int>();
        for (var round = 1; round <= 30; round++)
        {
            policy.Decide(Round(round, 1000, 1000, 900));
            seen.Add(policy.ThrottlePercent);
        }
        Assert.Equal([0, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60, 70, 70, 80, 80, 90, 90, 99, 99], seen[..19]);
        Assert.Equal(99, seen[^1]);
    }

    [Fact]
    public void A_round_that_leaves_less_than_half_forgets_the_one_that_did_not()
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions { AutoConverge = true }, canPostcopy: false);
        policy.Decide(Round(1, 2000, 2000, 1900));
        policy.Decide(Round(2, 2000, 2000, 900));
        policy.Decide(Round(3, 2000, 2000, 1900));
        Assert.Equal(0, policy.ThrottlePercent);
    }

    [Theory]
    [InlineData(true, RoundDecision.Postcopy)]
    [InlineData(false, RoundDecision.Iterate)]
    public void Postcopy_comes_after_its_round_where_the_destination_knows_of_it(bool can, RoundDecision expected)
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions { PostcopyAfterRounds = 3 }, can);
        Assert.Equal(RoundDecision.Iterate, policy.Decide(Round(1, 1000, 1000, 900)));
        Assert.Equal(RoundDecision.Iterate, policy.Decide(Round(2, 1000, 1000, 900)));
        Assert.Equal(expected, policy.Decide(Round(3, 1000, 1000, 900)));
    }

    [Fact]
    public void A_machine_is_stopped_after_its_last_round_whatever_is_left()
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions { StopAfterRounds = 2 }, canPostcopy: false);
        Assert.Equal(RoundDecision.Iterate, policy.Decide(Round(1, 1000, 1000, 900)));
        Assert.Equal(RoundDecision.SwitchOver, policy.Decide(Round(2, 1000, 1000, 900)));
    }

    [Fact]
    public void A_round_that_sent_next_to_nothing_says_nothing_of_the_rate()
    {
        var policy = new ConvergencePolicy(new ConvergenceOptions { DowntimeLimit = TimeSpan.FromMilliseconds(1) }, canPostcopy: false);
        policy.Decide(Round(1, 1000, 1000, 100));
        var rate = policy.BytesPerSecond;
        policy.Decide(new RoundFacts(2, 4096, TimeSpan.FromSeconds(1), 100 * Mega));
        Assert.Equal(rate, policy.BytesPerSecond);
        policy.Decide(new RoundFacts(3, 100 * Mega, TimeSpan.Zero, 100 * Mega));
        Assert.Equal(rate, policy.BytesPerSecond);
    }

    private static RoundFacts Round(int number, long sentMega, double milliseconds, long pendingMega) =>
        new(number, sentMega * Mega, TimeSpan.FromMilliseconds(milliseconds), pendingMega * Mega);
}
