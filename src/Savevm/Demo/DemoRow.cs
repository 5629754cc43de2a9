namespace Savevm.Demo;

/// <summary>What became of one resumed guest.</summary>
public sealed record DemoRow
{
    /// <summary>How it was brought back.</summary>
    public required ResumeMode Mode { get; init; }

    /// <summary>Which of several, from 0; 0 where there is one.</summary>
    public int Index { get; init; }

    /// <summary>From the request to the guest's next tick; null when it was not resumed.</summary>
    public TimeSpan? TimeToTick { get; init; }

    /// <summary>Ticks that are missing between the last one before the capture and the first ones after the resume, or came twice.</summary>
    public long TicksLost { get; init; }

    /// <summary>Pages in which the guest found something else than it had written.</summary>
    public long CorruptPages { get; init; }

    /// <summary>Why it was not resumed, and what to do about it; null when it was.</summary>
    public string? Impossible { get; init; }
}
