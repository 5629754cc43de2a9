namespace Savevm;

/// <summary>What a background snapshot cost its guest: its processors, watched from outside before it and while it was taken.</summary>
public sealed record GuestSlowdown
{
    /// <summary>How long it was watched while the snapshot was taken.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>The part of the time before in which its processors ran, 0 to 1; an idle guest's is small.</summary>
    public required double RanBefore { get; init; }

    /// <summary>The same while the snapshot was taken.</summary>
    public required double RanMeanwhile { get; init; }

    /// <summary>The part of the window in which its processors waited for a page to be copied, sampled; null where the kernel does not tell this user.</summary>
    public double? Waited { get; init; }

    /// <summary>The longest that one of them was seen waiting without a break; null as above.</summary>
    public TimeSpan? LongestWait { get; init; }
}
