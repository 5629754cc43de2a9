namespace Savevm;

/// <summary>What a saved state holds.</summary>
public sealed record InspectReport
{
    /// <summary>What was inspected.</summary>
    public required string Name { get; init; }

    /// <summary>The forms around the stream, from the outside to the inside, such as <c>gzip</c>, <c>QEVM stream</c>; <c>snapshot</c> for a snapshot.</summary>
    public required IReadOnlyList<string> Forms { get; init; }

    /// <summary>The machine class name; null where the stream does not tell.</summary>
    public string? Machine { get; init; }

    /// <summary>Capabilities that are part of the configuration.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>The machine's UUID, where the configuration holds it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>The release that wrote it: known of a snapshot, guessed of a file.</summary>
    public required string Release { get; init; }

    /// <summary>What the guess stands on.</summary>
    public IReadOnlyList<string> ReleaseReasons { get; init; } = [];

    /// <summary>Sections and commands in stream order.</summary>
    public required IReadOnlyList<InspectedElement> Elements { get; init; }

    /// <summary>RAM blocks.</summary>
    public required IReadOnlyList<InspectedBlock> Blocks { get; init; }

    /// <summary>How many different contents the pages have that are not zero; null when pages were not compared.</summary>
    public long? DistinctPages { get; init; }

    /// <summary>How many pages have a content that an earlier one has; null when pages were not compared.</summary>
    public long? RepeatedPages { get; init; }

    /// <summary>One page in so many was compared; both numbers are multiplied by it.</summary>
    public long ComparedOneIn { get; init; } = 1;

    /// <summary>The devices, taken apart one after the other while they are walked through.</summary>
    public required IEnumerable<InspectedDevice> Devices { get; init; }

    /// <summary>The dirty bitmaps of disks that the state holds, as sentences.</summary>
    public IReadOnlyList<string> DirtyBitmaps { get; init; } = [];

    /// <summary>What a recording holds beside the stream; null where it is none.</summary>
    public InspectedRecording? Recording { get; init; }

    /// <summary>What is not as it must be; <c>verify</c> looks closer.</summary>
    public IReadOnlyList<InspectedDefect> Defects { get; init; } = [];
}
