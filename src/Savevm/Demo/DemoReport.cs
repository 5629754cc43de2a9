namespace Savevm.Demo;

/// <summary>What a demo showed.</summary>
public sealed record DemoReport
{
    /// <summary>The emulator that was used.</summary>
    public required string Emulator { get; init; }

    /// <summary>What the capture did.</summary>
    public required CaptureReport Capture { get; init; }

    /// <summary>The resumed guests: lazy, the clones, full.</summary>
    public required IReadOnlyList<DemoRow> Rows { get; init; }

    /// <summary>No tick was lost and no page is corrupt.</summary>
    public bool IsGood => Rows.All(row => row is { TicksLost: 0, CorruptPages: 0 });
}
