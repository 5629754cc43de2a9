namespace Savevm.Migration.Live;

/// <summary>
/// Decides after each round of a live migration. Pure: no clock, no I/O. The estimate is QEMU's: what is pending, divided by the rate at which
/// the stream took the rounds before.
/// </summary>
/// <param name="options">The limits.</param>
/// <param name="canPostcopy">The destination was told that postcopy may come.</param>
public sealed class ConvergencePolicy(ConvergenceOptions options, bool canPostcopy)
{
    // A round that sends next to nothing says nothing of the rate.
    private const long MeasurableBytes = 256 << 10;

    // While a round leaves at most two thirds of what the one before left, one more makes the stop shorter.
    private const double Shrinks = 2.0 / 3;
    private const int MaxRefinements = 8;

    private long pendingBefore = long.MaxValue;
    private int refinements, crowdedRounds;

    /// <summary>The rate of the stream in bytes per second; 0 before the first round.</summary>
    public double BytesPerSecond { get; private set; }

    /// <summary>How long the machine would stand still if it were stopped now.</summary>
    public TimeSpan ExpectedDowntime { get; private set; }

    /// <summary>Share of its time that is taken from the machine, in percent.</summary>
    public int ThrottlePercent { get; private set; }

    /// <summary>Takes what a round showed; says what follows.</summary>
    public RoundDecision Decide(in RoundFacts facts)
    {
        Measure(facts);
        ExpectedDowntime = TimeFor(facts.PendingBytes);
        var isShrinking = facts.PendingBytes <= pendingBefore * Shrinks;
        pendingBefore = facts.PendingBytes;
        if (ExpectedDowntime <= options.DowntimeLimit)
        {
            // The machine could stop now; a round that makes the stop shorter is worth it while it lasts.
            return facts.PendingBytes > 0 && isShrinking && refinements++ < MaxRefinements ? RoundDecision.Iterate : RoundDecision.SwitchOver;
        }
        if (canPostcopy && facts.Round >= options.PostcopyAfterRounds && FitsDowntime(facts.PrecopyOnlyBytes)) return RoundDecision.Postcopy;
        if (facts.Round >= options.StopAfterRounds) return RoundDecision.SwitchOver;
        if (options.AutoConverge) Slow(facts);
        return RoundDecision.Iterate;
    }

    /// <summary>Whether so many bytes can be sent while the machine stands still, as far as is known.</summary>
    public bool FitsDowntime(long bytes) => TimeFor(bytes) <= options.DowntimeLimit || bytes == 0;

    private TimeSpan TimeFor(long bytes) =>
        bytes == 0 ? TimeSpan.Zero
        : BytesPerSecond <= 0 ? TimeSpan.MaxValue
        : TimeSpan.FromSeconds(Math.Min(bytes / BytesPerSecond, TimeSpan.FromDays(1).TotalSeconds));

    private void Measure(in RoundFacts facts)
    {
        if (facts.Elapsed <= TimeSpan.Zero || (facts.SentBytes < MeasurableBytes && BytesPerSecond > 0)) return;
        var rate = facts.SentBytes / facts.Elapsed.TotalSeconds;
        // The first round is the longest and the best witness; later ones may have met a busier machine.
        BytesPerSecond = BytesPerSecond <= 0 ? rate : (BytesPerSecond + rate) / 2;
    }

    private void Slow(in RoundFacts facts)
    {
        if (facts.PendingBytes <= facts.SentBytes / 2)
        {
            crowdedRounds = 0;
            return;
        }
        if (++crowdedRounds < 2) return;
        crowdedRounds = 0;
        ThrottlePercent = ThrottlePercent == 0 ? options.ThrottleInitial : ThrottlePercent + options.ThrottleIncrement;
        ThrottlePercent = Math.Min(ThrottlePercent, options.ThrottleMaximum);
    }
}
