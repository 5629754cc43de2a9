namespace Savevm.Migration.Live;

/// <summary>When the rounds of a live migration are ended, and what is done when they do not get smaller.</summary>
public sealed record ConvergenceOptions
{
    /// <summary>How long the machine may stand still.</summary>
    public TimeSpan DowntimeLimit { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Slow the machine down when it writes more than half of what is sent, twice in a row.</summary>
    public bool AutoConverge { get; init; }

    /// <summary>The first share of its time that is taken from the machine, in percent.</summary>
    public int ThrottleInitial { get; init; } = 20;

    /// <summary>How much more each time, in percent.</summary>
    public int ThrottleIncrement { get; init; } = 10;

    /// <summary>The largest share, in percent.</summary>
    public int ThrottleMaximum { get; init; } = 99;

    /// <summary>After so many rounds that did not end it, switch to postcopy; null for never.</summary>
    public int? PostcopyAfterRounds { get; init; }

    /// <summary>After so many rounds the machine is stopped whatever is left; null for never.</summary>
    public int? StopAfterRounds { get; init; }
}
