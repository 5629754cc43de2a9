namespace Savevm;

/// <summary>What a capture did.</summary>
public sealed record CaptureReport
{
    /// <summary>The name of the snapshot.</summary>
    public required string Name { get; init; }

    /// <summary>How the state was taken in the end. Of a capture by listening: what the source did, as far as the stream tells.</summary>
    public required CaptureMode Mode { get; init; }

    /// <summary>Sentences a person should know: a quirk that changed the mode, a disk that is not part of the snapshot.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The size of the guest's RAM in bytes, all RAM blocks together.</summary>
    public required long GuestBytes { get; init; }

    /// <summary>Bytes that came over the migration stream.</summary>
    public required long StreamBytes { get; init; }

    /// <summary>Bytes of RAM that are stored, holes not counted.</summary>
    public required long DataBytes { get; init; }

    /// <summary>From the request to the durable snapshot.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>How long the guest stood still, as QEMU reports it; null when it did not say.</summary>
    public TimeSpan? Downtime { get; init; }

    /// <summary>What the guest lost while the snapshot was taken; null unless it was taken in the background, and where its threads cannot be seen.</summary>
    public GuestSlowdown? Slowdown { get; init; }

    /// <summary>Rounds over the RAM (precopy); null when QEMU did not say.</summary>
    public int? Rounds { get; init; }

    /// <summary>The images in which the source's disks go on; empty where it has none or does not go on.</summary>
    public IReadOnlyList<string> Overlays { get; init; } = [];

    /// <summary>The snapshot is on the disk and survives a power cut.</summary>
    public required bool Durable { get; init; }
}
